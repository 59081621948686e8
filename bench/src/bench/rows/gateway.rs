//! GET /v1/users/1 through gateways to one user-service: that of user-client, and two in Go.

use std::process::Stdio;

use serde_json::{Value, json};
use testkit::Process;
use tokio::process::Command;

use super::UNTRACED;
use crate::cell::{Cell, median};
use crate::contender::{Contender, ROUNDS};
use crate::{peers, usage};

/// Gateways get the address of the service, and the folder of the proto.
const PEERS: [&str; 2] = ["grpc-gateway", "vanguard"];
const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto");
/// The load of h2load: seconds, and keep-alive connections with one request at a time each.
const SECONDS: &str = "3";
const CONNECTIONS: [&str; 2] = ["10", "100"];
/// What each line of h2load's log has at this place: the time of a request in microseconds.
const TIME: usize = 2;

pub(crate) async fn run() -> Vec<Value> {
    let service = Contender::service("user-service, from the cache", &[UNTRACED]).await;
    service.onboard(1).await;
    let mut gateways = vec![ours(&service).await];
    let backend = service.url().trim_start_matches("http://").to_owned();
    for peer in PEERS.into_iter().filter(|peer| peers::built(peer)) {
        let process = Process::start(peer, &[&backend, PROTO], &[]);
        gateways.push(Contender::peer(peer, process).await);
    }
    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        println!("GET /v1/users/1 over {connections} connections of HTTP/1.1, one backend");
        rows.extend(compare(&mut gateways, connections).await);
    }
    rows
}

async fn ours(service: &Contender) -> Contender {
    let arguments = ["gateway", "--log-format", "json"];
    let variables = [
        UNTRACED,
        ("GATEWAY_ADDR", "127.0.0.1:0"),
        ("GATEWAY_HTTP_ADDR", "127.0.0.1:0"),
        ("USER_SERVICE", service.url()),
    ];
    let process = Process::start("user-client", &arguments, &variables);
    Contender::logging("user-client gateway", process, "gateway").await
}

async fn compare(gateways: &mut [Contender], connections: &str) -> Vec<Value> {
    let mut cells = vec![Vec::new(); gateways.len()];
    for _ in 0..ROUNDS {
        for (gateway, cells) in gateways.iter_mut().zip(&mut cells) {
            cells.push(load(gateway, connections).await);
        }
    }
    let base = median(&cells[0]);
    let mut rows = Vec::new();
    for (gateway, cells) in gateways.iter_mut().zip(&cells) {
        let cell = median(cells);
        let (memory, most) = usage::memory(gateway.pid());
        let name = &gateway.name;
        let calls = cell.calls_per_second / base.calls_per_second;
        let cpu = cell.cpu_us / base.cpu_us;
        println!("{name:<34} {cell} {memory:>6.1} MiB  calls {calls:.2}×  CPU {cpu:.2}×");
        rows.push(json!({
            "row": name,
            "load": format!("GET /v1/users/1 over {connections} connections"),
            "cell": cell.json(),
            "memory_mib": memory,
            "most_memory_mib": most,
            "calls_ratio": calls,
            "cpu_ratio": cpu,
        }));
    }
    println!();
    rows
}

/// Lets h2load put load on `gateway`.
async fn load(gateway: &mut Contender, connections: &str) -> Cell {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log");
    let url = format!("{}/v1/users/1", gateway.url());
    let mut h2load = Command::new("h2load");
    h2load
        .args(["--h1", "--threads", "1"])
        .args(["--duration", SECONDS, "--clients", connections])
        .arg("--log-file")
        .arg(&log)
        .arg(&url)
        .stdout(Stdio::null());
    let pid = gateway.pid();
    let before = usage::cpu(pid);
    let status = h2load.status().await.expect("h2load is installed");
    let used = usage::cpu(pid).saturating_sub(before);
    assert!(status.success(), "h2load ended with {status}");
    let log = std::fs::read_to_string(&log).expect("the log of h2load");
    Cell::new(&figures(&log), used)
}

/// What user-client's load says of itself, from the log of h2load: a line for each request with
/// its start, its status and its time.
fn figures(log: &str) -> Value {
    let lines: Vec<Vec<u64>> = log.lines().map(numbers).collect();
    let succeeded = lines.iter().filter(|line| line.get(1) == Some(&200));
    let mut times: Vec<u64> = succeeded
        .filter_map(|line| line.get(TIME).copied())
        .collect();
    times.sort_unstable();
    let percentile = |percent: usize| times.get(times.len() * percent / 100).copied();
    let starts = || lines.iter().filter_map(|line| line.first().copied());
    let span = starts().max().zip(starts().min());
    let seconds = span.map_or(1.0, |(last, first)| (last - first) as f64 / 1e6);
    json!({
        "calls": times.len(),
        "calls_per_second": times.len() as f64 / seconds,
        "p50_us": percentile(50),
        "p99_us": percentile(99),
        "failures": {"other than 200": lines.len() - times.len()},
    })
}

fn numbers(line: &str) -> Vec<u64> {
    line.split('\t').filter_map(|it| it.parse().ok()).collect()
}
