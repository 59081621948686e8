//! More load than there is room for.

use std::time::{Duration, Instant};

use testkit::{Mode, Sink, TestEnv};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};
use user_proto::v1::user_service_client::UserServiceClient;

use crate::support::{METRICS_ONLY, client, get, metric, proxied};
use testkit::load::Tally;
use testkit::sizes::{eventually, report, size};

/// What came of reads, those apart that were refused for want of room.
#[derive(Default)]
struct Outcome {
    served: Tally,
    refused: Tally,
}

impl Outcome {
    fn add(&mut self, result: Result<(), Status>, time: Duration) {
        match result {
            Err(status) if status.code() == Code::ResourceExhausted => {
                self.refused.add(Ok(()), time);
            }
            result => self.served.add(result.map_err(|it| it.to_string()), time),
        }
    }
}

/// Calls of this number of callers that never pause.
async fn saturated(reads: &Reads, callers: usize, time: Duration) -> Outcome {
    let end = Instant::now() + time;
    let mut running = JoinSet::new();
    for caller in 0..callers {
        let reads = reads.clone();
        running.spawn(async move {
            let mut calls = Vec::new();
            while Instant::now() < end {
                calls.push(reads.one(caller).await);
            }
            calls
        });
    }
    let mut outcome = Outcome::default();
    for (result, time) in running.join_all().await.into_iter().flatten() {
        outcome.add(result, time);
    }
    outcome
}

/// A fixed rate of calls, whether or not they succeed.
async fn offered(reads: &Reads, rate: u32, time: Duration) -> Outcome {
    // A burst would wait for itself, whatever the service does.
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let mut running = JoinSet::new();
    let started = Instant::now();
    let mut sent = 0;
    while started.elapsed() < time {
        ticks.tick().await;
        let due = (started.elapsed().as_secs_f64() * f64::from(rate)) as usize;
        for number in sent..due {
            let reads = reads.clone();
            running.spawn(async move { reads.one(number).await });
        }
        sent = due;
    }
    let mut outcome = Outcome::default();
    for (result, time) in running.join_all().await {
        outcome.add(result, time);
    }
    outcome
}

/// Reads of one user over several connections.
#[derive(Clone)]
struct Reads {
    clients: Vec<UserServiceClient<Channel>>,
    user: i64,
}

impl Reads {
    async fn one(&self, number: usize) -> (Result<(), Status>, Duration) {
        let client = self.clients[number % self.clients.len()].clone();
        let started = Instant::now();
        let result = get(client, self.user).await;
        (result, started.elapsed())
    }
}

/// How many calls the service has refused within 5 ms, and in all, by its own clock:
/// from their headers to their status.
async fn refusals(env: &TestEnv) -> (f64, f64) {
    const SOON: &str = r#"le="0.005""#;
    const REFUSED: &str = r#"rpc_response_status_code="RESOURCE_EXHAUSTED""#;
    let name = "rpc_server_call_duration_seconds";
    let (buckets, count) = (format!("{name}_bucket"), format!("{name}_count"));
    let soon = metric(&env.service, &buckets, &[REFUSED, SOON]);
    let all = metric(&env.service, &count, &[REFUSED]);
    (soon.await, all.await)
}

#[tokio::test(flavor = "multi_thread")]
async fn goodput_holds_at_ten_times_the_load() {
    const ROOM: usize = 10;
    let (phases, time) = size((3, Duration::from_secs(1)), (10, Duration::from_secs(3)));
    let room = ROOM.to_string();
    let own = [("CACHE_TTL", "0s"), ("MAX_IN_FLIGHT", room.as_str())];
    let env = proxied(&[&METRICS_ONLY, &own[..]].concat()).await;
    let mut reads = Reads {
        clients: Vec::new(),
        user: env.a_user().await,
    };
    for _ in 0..8 {
        reads.clients.push(env.plain_client().await);
    }
    // The database takes its time, so that the room and not this machine is the limit.
    env.database_proxy()
        .set(Mode::Delay(Duration::from_millis(20)));
    let (mut peak, mut served, mut refused) = Default::default();
    let mut rate = 0;
    // In turns, so that whatever else this machine does is part of both.
    for _ in 0..phases {
        let calm = saturated(&reads, ROOM, time).await.served;
        rate = 10 * u32::try_from(calm.calls()).unwrap() / u32::try_from(time.as_secs()).unwrap();
        let storm = offered(&reads, rate, time).await;
        Tally::absorb(&mut peak, calm);
        Tally::absorb(&mut served, storm.served);
        Tally::absorb(&mut refused, storm.refused);
    }
    for tally in [&peak, &served, &refused] {
        tally.assert_none_failed();
    }
    let goodput = served.calls() as f64 / peak.calls() as f64;
    // Tests run beside the quick size, and take what they need of the machine.
    assert!(goodput > size(0.4, 0.9), "{goodput}");
    let (at_once, all) = refusals(&env).await;
    let at_once = at_once / all;
    assert!(at_once > size(0.9, 0.99), "{at_once} within 5 ms");
    report(
        32,
        &format!(
            "{ROOM} callers: {} calls in {phases} times {time:?}, p99 {:.1?}; ten times as many offered ({rate}/s): {:.0} % of that served, p99 {:.1?}; {} refused, p50 {:.1?} and p99 {:.1?} by the callers' clock, {:.1} % within 5 ms by the service's",
            peak.calls(),
            peak.percentile(99),
            goodput * 100.0,
            served.percentile(99),
            refused.calls(),
            refused.percentile(50),
            refused.percentile(99),
            at_once * 100.0,
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_add_little_to_a_failure() {
    let calls = size(200, 5_000);
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let env = proxied(&[
        ("OTEL_SDK_DISABLED", "false"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &sink.endpoint()),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "65536"),
        ("CACHE_TTL", "0s"),
    ])
    .await;
    let caller = client(env.url(), Duration::from_secs(10));
    let user = env.a_user().await;
    env.database_proxy().set(Mode::Refuse);
    env.database_proxy().reset_all();
    let mut failed = 0;
    let mut running = JoinSet::new();
    for _ in 0..calls {
        if running.len() >= 100 {
            failed += usize::from(running.join_next().await.unwrap().unwrap());
        }
        let caller = caller.clone();
        running.spawn(async move { caller.get(user).await.is_err() });
    }
    while let Some(ended) = running.join_next().await {
        failed += usize::from(ended.unwrap());
    }
    assert_eq!(failed, calls);
    env.database_proxy().set(Mode::Pass);
    let back = Instant::now();
    eventually("calls work", Duration::from_secs(10), async || {
        caller.get(user).await.is_ok()
    })
    .await;
    let back = back.elapsed();
    assert!(env.service.stop().await.success());
    let attempts = sink.spans();
    let of_get = |it: &&testkit::ReceivedSpan| it.span.name == "user.v1.UserService/GetUser";
    let attempts = attempts.iter().filter(of_get).count();
    let ratio = attempts as f64 / calls as f64;
    assert!(ratio < 1.15, "{attempts} attempts of {calls} calls");
    report(
        33,
        &format!(
            "{calls} calls while all fail: {attempts} attempts ({ratio:.2} a call); back {back:.1?} after the cause"
        ),
    );
}
