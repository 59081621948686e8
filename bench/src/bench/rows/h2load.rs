//! GetUser from the cache, by a load that is faster than the servers: each of them on a core of its
//! own, and everything else on another.

use serde_json::{Value, json};
use testkit::Process;

use super::{ONE_PERCENT, UNTRACED, get};
use crate::contender::Contender;
use crate::h2load::{H2load, Load};
use crate::peers;

/// Rounds, of which the medians are shown.
const ROUNDS: usize = 5;
/// Of 10 streams each.
const CONNECTIONS: &str = "10";
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
    let mut contenders = contenders().await;
    println!("GetUser by h2load, {CONNECTIONS} connections of 10 streams, the server on one core");
    let mut loads = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, loads) in contenders.iter_mut().zip(&mut loads) {
            contender.forget_spans();
            let (url, pid) = (contender.url().to_owned(), contender.pid());
            loads.push(h2load.run(&url, pid, CONNECTIONS).await);
        }
    }
    let first = loads[0].clone();
    let rows = contenders.iter().zip(&loads);
    let rows = rows.map(|(contender, loads)| row(contender.name, loads, &first));
    let rows = rows.collect();
    println!();
    rows
}

/// tonic as its examples have it comes first: what all others are compared with.
async fn contenders() -> Vec<Contender> {
    let mut contenders = vec![
        Contender::baseline("tonic, #[tokio::main], a constant", "multi", &[]).await,
        Contender::baseline("tonic, one thread, a constant", "single", &[]).await,
        Contender::baseline("h2 alone, one thread, a constant", "h2", &[]).await,
    ];
    for service in [
        Contender::service("user-service, untraced", &[UNTRACED]).await,
        Contender::traced("user-service, 1 %", &ONE_PERCENT).await,
        Contender::traced("user-service, 100 %", &[]).await,
    ] {
        service.onboard(1).await;
        contenders.push(service);
    }
    for (program, [plain, traced]) in PEERS {
        if peers::built(program) {
            contenders.push(Contender::peer(plain, Process::start(program, &[], &[])).await);
            contenders.push(Contender::traced_peer(traced, program, &[], &[]).await);
        }
    }
    for contender in &mut contenders {
        // Warms it up, and fails if it returns another user.
        let cell = contender.load(&get("1", CONNECTIONS, "100")).await;
        assert!(cell.failures == 0.0, "{cell}");
    }
    contenders
}

/// Shows the medians of `loads`, and of their ratios to those of `first` in the same rounds.
fn row(name: &str, loads: &[Load], first: &[Load]) -> Value {
    let of = |figure: fn(&Load) -> f64| median(loads.iter().map(figure));
    let ratio = |figure: fn(&Load) -> f64| {
        let pairs = loads.iter().zip(first);
        median(pairs.map(|(load, first)| figure(load) / figure(first)))
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

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
