//! GetUser from the cache, by a load that is faster than the servers: each of them on a core of its
//! own, and everything else on another.

use serde_json::{Value, json};
use testkit::Process;

use super::{ONE_PERCENT, ROOM_FOR_THOUSANDS, UNTRACED, get};
use crate::cell::median_of;
use crate::contender::Contender;
use crate::h2load::{H2load, Load};
use crate::peers;

/// Rounds, of which the medians are shown.
const ROUNDS: usize = 5;
/// Connections of 10 streams each.
const FEW: &str = "10";
const MANY: &str = "1000";
const TONIC: &str = "tonic, #[tokio::main], a constant";
const UNTRACED_SERVICE: &str = "user-service, untraced";
/// The programs of other frameworks, plain and traced.
const PEERS: [(&str, [&str; 2]); 2] = [
    (
        "grpc-go",
        ["grpc-go, a constant", "grpc-go + otelgrpc, 100 %"],
    ),
    (
        "kitex",
        [
            "Kitex (gRPC), a constant",
            "Kitex + obs-opentelemetry, 100 %",
        ],
    ),
];

pub(crate) async fn run() -> Vec<Value> {
    let h2load = match H2load::new() {
        Ok(h2load) => h2load,
        Err(why) => {
            println!("without h2load: {why}\n");
            return Vec::new();
        }
    };
    let mut rows = few_connections(&h2load).await;
    rows.extend(many_connections(&h2load).await);
    rows
}

async fn few_connections(h2load: &H2load) -> Vec<Value> {
    let mut contenders = contenders().await;
    println!("GetUser by h2load, {FEW} connections of 10 streams, the server on one core");
    let mut loads = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, loads) in contenders.iter_mut().zip(&mut loads) {
            loads.push(load(h2load, contender, FEW).await);
        }
    }
    let rows = contenders.iter().zip(&loads);
    let rows = rows.map(|(contender, own)| row(&contender.name, own, &loads[0]));
    let rows = rows.collect();
    println!();
    rows
}

/// What a call costs over many connections, next to what it costs over a few.
async fn many_connections(h2load: &H2load) -> Vec<Value> {
    let mut contenders = vec![Contender::baseline(TONIC, "multi", &[]).await];
    contenders.extend(Contender::services(UNTRACED_SERVICE, &ROOM_FOR_THOUSANDS).await);
    warm_up(&mut contenders).await;
    println!("The same over {MANY} connections, next to {FEW} in the same round");
    let mut few = vec![Vec::new(); contenders.len()];
    let mut many = few.clone();
    for _ in 0..ROUNDS {
        for (index, contender) in contenders.iter_mut().enumerate() {
            few[index].push(load(h2load, contender, FEW).await);
            many[index].push(load(h2load, contender, MANY).await);
        }
    }
    let rows = contenders.iter().zip(many.iter().zip(&few));
    let rows = rows.map(|(contender, (many, few))| row(&contender.name, many, few));
    let rows = rows.collect();
    println!();
    rows
}

async fn load(h2load: &H2load, contender: &mut Contender, connections: &str) -> Load {
    contender.forget_spans();
    let (url, pid) = (contender.url().to_owned(), contender.pid());
    h2load.run(&url, pid, connections).await
}

/// tonic as its examples have it comes first: what all others are compared with.
async fn contenders() -> Vec<Contender> {
    let mut contenders = vec![
        Contender::baseline(TONIC, "multi", &[]).await,
        Contender::baseline("tonic, one thread, a constant", "single", &[]).await,
        Contender::baseline("h2 alone, one thread, a constant", "h2", &[]).await,
    ];
    contenders.extend(Contender::services(UNTRACED_SERVICE, &[UNTRACED]).await);
    contenders.extend(Contender::traced_services("user-service, 1 %", &ONE_PERCENT).await);
    contenders.extend(Contender::traced_services("user-service, 100 %", &[]).await);
    for (program, [plain, traced]) in PEERS {
        if peers::built(program) {
            contenders.push(Contender::peer(plain, Process::start(program, &[], &[])).await);
            contenders.push(Contender::traced_peer(traced, program, &[], &[]).await);
        }
    }
    warm_up(&mut contenders).await;
    contenders
}

/// Fails if one of them returns another user.
async fn warm_up(contenders: &mut [Contender]) {
    for contender in contenders {
        if contender.is_service() {
            contender.onboard(1).await;
        }
        let cell = contender.load(&get("1", FEW, "100")).await;
        assert!(cell.failures == 0.0, "{cell}");
    }
}

/// Shows the medians of `loads`, and of their ratios to those of `first` in the same rounds.
fn row(name: &str, loads: &[Load], first: &[Load]) -> Value {
    let of = |figure: fn(&Load) -> f64| median_of(loads.iter().map(figure));
    let ratio = |figure: fn(&Load) -> f64| {
        let pairs = loads.iter().zip(first);
        median_of(pairs.map(|(load, first)| figure(load) / figure(first)))
    };
    let calls = of(|load| load.calls_per_second);
    let (cpu, busy) = (of(|load| load.cpu_us), of(|load| load.busy));
    let calls_ratio = ratio(|load| load.calls_per_second);
    let cpu_ratio = ratio(|load| load.cpu_us);
    println!(
        "{name:<34} {calls:>8.0} calls/s  {cpu:>5.1} µs CPU/call  calls {calls_ratio:.2}×  \
         CPU {cpu_ratio:.2}×  load busy {:>3.0} %",
        busy * 100.0
    );
    json!({
        "row": format!("{name}, h2load"),
        "calls_per_second": calls,
        "cpu_us_per_call": cpu,
        "calls_ratio": calls_ratio,
        "cpu_ratio": cpu_ratio,
        "load_busy": busy,
    })
}
