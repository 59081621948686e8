//! A program under load, beside others that do the same.

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};
use testkit::{Process, Sink, UserService, run};

use crate::cell::{Cell, median};
use crate::programs::Programs;
use crate::usage;

/// Rounds of each comparison; contenders take turns in each, and the median is shown.
pub(crate) const ROUNDS: usize = 3;
const START_LIMIT: Duration = Duration::from_secs(10);

/// A program, with what it keeps alive, and what was measured of it.
pub(crate) struct Contender {
    pub(crate) name: String,
    program: Program,
    sink: Option<Sink>,
    cells: Vec<Cell>,
}

enum Program {
    Service(UserService),
    Peer { process: Process, url: String },
}

impl Contender {
    /// user-service with `variables`.
    pub(crate) async fn service(name: &str, variables: &[(&str, &str)]) -> Self {
        Self::service_of(&Programs::todays(), name, variables).await
    }

    /// The same of each build that is measured.
    pub(crate) async fn services(name: &str, variables: &[(&str, &str)]) -> Vec<Self> {
        let mut services = Vec::new();
        for programs in Programs::measured() {
            services.push(Self::service_of(&programs, name, variables).await);
        }
        services
    }

    /// The same of the build `programs`.
    pub(crate) async fn service_of(
        programs: &Programs,
        name: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let service = UserService::start_program(&programs.service, variables).await;
        Self::new(&programs.row(name), Program::Service(service))
    }

    /// user-service with `variables`, which sends its spans to a receiver here.
    pub(crate) async fn traced(name: &str, variables: &[(&str, &str)]) -> Self {
        Self::traced_of(&Programs::todays(), name, variables).await
    }

    /// The same of each build that is measured.
    pub(crate) async fn traced_services(name: &str, variables: &[(&str, &str)]) -> Vec<Self> {
        let mut services = Vec::new();
        for programs in Programs::measured() {
            services.push(Self::traced_of(&programs, name, variables).await);
        }
        services
    }

    async fn traced_of(programs: &Programs, name: &str, variables: &[(&str, &str)]) -> Self {
        let sink = sink().await;
        let endpoint = sink.endpoint();
        let to_sink = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str());
        Self {
            sink: Some(sink),
            ..Self::service_of(programs, name, &[variables, &[to_sink]].concat()).await
        }
    }

    /// What is compared with: tonic as its examples have it, on a runtime of `multi` or
    /// of a `single` thread, or `h2` alone, or `thrift` by kitex-codec alone.
    pub(crate) async fn baseline(name: &str, runtime: &str, variables: &[(&str, &str)]) -> Self {
        Self::peer(name, Process::start("baseline", &[runtime], variables)).await
    }

    /// A program that prints the URL it serves.
    pub(crate) async fn peer(name: &str, mut process: Process) -> Self {
        let url = process
            .wait_for_line(|line| line.starts_with("http"), START_LIMIT)
            .await;
        Self::new(name, Program::Peer { process, url })
    }

    /// A program whose log says in JSON that it serves, with its address in `field`.
    pub(crate) async fn logging(name: &str, mut process: Process, field: &str) -> Self {
        let is_serving = |line: &str| line.contains(r#""message":"serving""#);
        let line = process.wait_for_line(is_serving, START_LIMIT).await;
        let line: Value = serde_json::from_str(&line).expect("a line of JSON");
        let address = line[field].as_str().expect("an address");
        let url = format!("http://{address}");
        Self::new(name, Program::Peer { process, url })
    }

    /// The peer `program` with `arguments` and `variables`, which sends its spans to a receiver here.
    pub(crate) async fn traced_peer(
        name: &str,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let sink = sink().await;
        let endpoint = sink.endpoint();
        let to_sink = ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str());
        let process = Process::start(program, arguments, &[variables, &[to_sink]].concat());
        Self {
            sink: Some(sink),
            ..Self::peer(name, process).await
        }
    }

    fn new(name: &str, program: Program) -> Self {
        Self {
            name: name.to_owned(),
            program,
            sink: None,
            cells: Vec::new(),
        }
    }

    pub(crate) fn pid(&mut self) -> u32 {
        match &mut self.program {
            Program::Service(service) => service.process().pid(),
            Program::Peer { process, .. } => process.pid(),
        }
    }

    /// Whether it has a store, and not a constant.
    pub(crate) const fn is_service(&self) -> bool {
        matches!(self.program, Program::Service(_))
    }

    pub(crate) fn url(&self) -> &str {
        match &self.program {
            Program::Service(service) => service.grpc_url(),
            Program::Peer { url, .. } => url,
        }
    }

    /// The port of its metrics.
    pub(crate) fn http_port(&self) -> u16 {
        let Program::Service(service) = &self.program else {
            panic!("a peer has no metrics");
        };
        let port = service.http_url().rsplit(':').next();
        port.and_then(|port| port.parse().ok())
            .expect("the URL ends with a port")
    }

    /// Creates this number of users, with ids from 1 on.
    pub(crate) async fn onboard(&self, count: usize) {
        let rows: String = (0..count)
            .map(|index| format!("User {index},user{index}@example.com\n"))
            .collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("users.csv");
        std::fs::write(&file, format!("name,email\n{rows}"))
            .expect("a file in the temporary folder");
        self.import("user-client", &file.to_string_lossy()).await;
    }

    /// Lets the program `client` create the users in `file`.
    pub(crate) async fn import(&self, client: &str, file: &str) {
        let output = run(client, &["import", file], &[("USER_SERVICE", self.url())]).await;
        assert!(output.status.success(), "{output:?}");
    }

    /// Makes room for the spans of the next load: the receiver rejects what comes after a limit.
    pub(crate) fn forget_spans(&self) {
        if let Some(sink) = &self.sink {
            sink.clear();
        }
    }

    /// Lets user-client put load on it.
    pub(crate) async fn load(&mut self, arguments: &[&str]) -> Cell {
        let arguments = [&["--output", "json", "bench"], arguments].concat();
        self.load_by("user-client", &arguments).await
    }

    /// Lets `client` put load on it, which prints what that came to as user-client does.
    async fn load_by(&mut self, client: &str, arguments: &[&str]) -> Cell {
        self.forget_spans();
        let pid = self.pid();
        let before = usage::cpu(pid);
        let output = run(client, arguments, &[("USER_SERVICE", self.url())]).await;
        let used = usage::cpu(pid).saturating_sub(before);
        let figures: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|_| panic!("{client} failed: {output:?}"));
        let cell = Cell::new(&figures, used);
        self.cells.push(cell);
        cell
    }

    /// How many spans of served calls the last load brought to the receiver: all of `calls`,
    /// or as many as came within `limit`.
    pub(crate) async fn spans(&self, calls: usize, limit: Duration) -> usize {
        let sink = self.sink.as_ref().expect("a program that is traced");
        let mut came = 0;
        sink.wait_until(limit, |spans| {
            let served = |kind: i32| kind == SpanKind::Server as i32;
            came = spans.iter().filter(|it| served(it.span.kind)).count();
            came >= calls
        })
        .await;
        came
    }
}

async fn sink() -> Sink {
    let address = ([127, 0, 0, 1], 0).into();
    Sink::bind(address).await.expect("a port for the receiver")
}

/// Puts the load of `arguments` on `contenders` in turns, and shows each beside the first.
pub(crate) async fn compare(contenders: &mut [Contender], arguments: &[&str]) -> Vec<Value> {
    compare_in_groups(contenders, contenders.len(), arguments).await
}

/// The same with the load of `client`.
pub(crate) async fn compare_with(
    client: &str,
    contenders: &mut [Contender],
    arguments: &[&str],
) -> Vec<Value> {
    for _ in 0..ROUNDS {
        for contender in contenders.iter_mut() {
            contender.load_by(client, arguments).await;
        }
    }
    let rows = beside_the_first(contenders, arguments);
    println!();
    rows
}

/// Puts the load of user-client on groups of `size`: all take turns, and each is shown beside the
/// first of its group.
pub(crate) async fn compare_in_groups(
    contenders: &mut [Contender],
    size: usize,
    arguments: &[&str],
) -> Vec<Value> {
    for contender in contenders.iter_mut() {
        contender.cells.clear();
    }
    for _ in 0..ROUNDS {
        for contender in contenders.iter_mut() {
            contender.load(arguments).await;
        }
    }
    let mut rows = Vec::new();
    for group in contenders.chunks_mut(size) {
        rows.extend(beside_the_first(group, arguments));
    }
    println!();
    rows
}

fn beside_the_first(group: &mut [Contender], arguments: &[&str]) -> Vec<Value> {
    let base = median(&group[0].cells);
    let mut rows = Vec::new();
    for contender in group {
        let cell = median(&contender.cells);
        let (memory, most) = usage::memory(contender.pid());
        let name = &contender.name;
        let (calls, cpu) = (
            cell.calls_per_second / base.calls_per_second,
            cell.cpu_us / base.cpu_us,
        );
        println!(
            "{name:<51} {cell} {memory:>6.1} MiB ({most:.1})  calls {calls:.2}×  CPU {cpu:.2}×"
        );
        rows.push(json!({
            "row": name,
            "load": arguments.join(" "),
            "cell": cell.json(),
            "memory_mib": memory,
            "most_memory_mib": most,
            "calls_ratio": calls,
            "cpu_ratio": cpu,
        }));
    }
    rows
}
