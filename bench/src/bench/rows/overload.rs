//! More calls than the service can serve: how many still succeed, and how soon.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Database, FaultProxy, Mode};

use super::NO_CACHE;
use crate::cell::{Cell, median};
use crate::contender::Contender;
use crate::usage;

/// Calls that are in flight at a time.
const ROOM: &str = "10";
/// What each way to the database and back takes, so that the room and not this machine is the limit.
const WAY: Duration = Duration::from_millis(20);
/// Offered load, as a multiple of what the service can serve.
const TIMES: f64 = 8.0;
const ROUNDS: usize = 5;

pub(crate) async fn run() -> Vec<Value> {
    println!("GetUser with room for {ROOM} calls, {TIMES} times as many, and as many again");
    let database = Database::create().await;
    let way = FaultProxy::in_front_of(database.url()).await;
    let variables = [
        ("DATABASE_URL", way.url()),
        ("MAX_IN_FLIGHT", ROOM),
        NO_CACHE,
    ];
    let mut service = Contender::service("user-service", &variables).await;
    service.onboard(1_000).await;
    way.set(Mode::Delay(WAY));
    let (mut calm, mut storm) = (Vec::new(), Vec::new());
    calm.push(load(&mut service, &["--concurrency", ROOM]).await);
    let (idle, _) = usage::memory(service.pid());
    let rate = (calm[0].calls_per_second * TIMES).round().to_string();
    // In turns, so that whatever else this machine does is part of both.
    for _ in 0..ROUNDS {
        let many = ["--concurrency", "1000", "--rate", &rate];
        storm.push(load(&mut service, &many).await);
        calm.push(load(&mut service, &["--concurrency", ROOM]).await);
    }
    let (_, most) = usage::memory(service.pid());
    let (calm, storm) = (median(&calm), median(&storm));
    let goodput = storm.calls_per_second / calm.calls_per_second;
    let p99 = storm.p99_us / calm.p99_us;
    println!("{:<34} {calm}", format!("{ROOM} at a time"));
    // What is refused is what the row is about.
    let served = Cell {
        failures: 0.0,
        ..storm
    };
    println!(
        "{:<34} {served}  {goodput:.2}× goodput  p99 {p99:.2}×  {idle:.1} to {most:.1} MiB\n",
        format!("{rate} a second")
    );
    vec![json!({
        "row": "overload",
        "rate": rate,
        "calm": calm.json(),
        "storm": storm.json(),
        "goodput_ratio": goodput,
        "p99_ratio": p99,
        "memory_mib": idle,
        "most_memory_mib": most,
    })]
}

async fn load(service: &mut Contender, more: &[&str]) -> Cell {
    let get = [
        "get",
        "--ids",
        "1000",
        "--duration",
        "3s",
        "--connections",
        "10",
    ];
    service.load(&[&get[..], more].concat()).await
}
