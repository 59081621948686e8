//! The load itself.

use std::collections::BTreeMap;
use std::time::Duration;

use grpc_channel::Connection;
use grpc_telemetry::rpc::code_name;
use hdrhistogram::{CreationError, Histogram};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::{Request, Status};
use user_proto::v1::{CreateUserRequest, GetUserRequest};
use uuid::Uuid;

use super::pace::Pace;
use crate::args::{Bench, BenchCall};
use crate::client::Calls;

/// The longest latency that is distinguished from a longer one, in microseconds.
const LONGEST: u64 = 60_000_000;
/// Digits of a latency that are right.
const DIGITS: u8 = 3;

/// What was measured.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) took: Duration,
    /// Microseconds of the calls that went well.
    pub(super) latencies: Histogram<u64>,
    /// The other calls, by their code.
    pub(super) failures: BTreeMap<&'static str, u64>,
    /// Whether the load ended before its time.
    pub(super) interrupted: bool,
}

impl Measured {
    /// How many calls failed.
    pub(super) fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    fn new(empty: &Histogram<u64>) -> Self {
        Self {
            took: Duration::ZERO,
            latencies: empty.clone(),
            failures: BTreeMap::new(),
            interrupted: false,
        }
    }

    fn note(&mut self, since: Instant, result: Result<(), Status>) {
        match result {
            Ok(()) => {
                let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
                self.latencies.saturating_record(micros.max(1));
            }
            Err(status) => *self.failures.entry(code_name(status.code())).or_default() += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        // Both have the same bounds.
        let _ = self.latencies.add(&other.latencies);
        for (code, count) in &other.failures {
            *self.failures.entry(code).or_default() += count;
        }
    }
}

/// Makes the calls of `bench` over `connections`, until `interrupted` at the latest: it cancels the
/// calls in flight, which are not counted.
///
/// # Errors
/// When no histogram can be made, which would be a mistake in the bounds above.
pub(super) async fn run(
    bench: &Bench,
    connections: &[Calls<Connection>],
    interrupted: impl Future<Output = ()>,
) -> Result<Measured, CreationError> {
    let empty = Histogram::new_with_bounds(1, LONGEST, DIGITS)?;
    let start = Instant::now();
    let pace = Pace::start(bench.rate, bench.duration);
    let (running, stopped) = watch::channel(());
    let mut callers = JoinSet::new();
    let spread = connections.iter().cycle().take(bench.concurrency.into());
    for connection in spread {
        callers.spawn(calls(
            bench.clone(),
            connection.clone(),
            pace.clone(),
            Measured::new(&empty),
            stopped.clone(),
        ));
    }
    let mut all = Measured::new(&empty);
    tokio::select! {
        () = collect(&mut callers, &mut all) => {}
        () = interrupted => all.interrupted = true,
    }
    // Those that are left stop without it.
    drop(running);
    collect(&mut callers, &mut all).await;
    all.took = start.elapsed();
    Ok(all)
}

/// Adds up what `callers` measured until the last of them ends.
async fn collect(callers: &mut JoinSet<Measured>, all: &mut Measured) {
    while let Some(measured) = callers.join_next().await {
        if let Ok(measured) = measured {
            all.add(&measured);
        }
    }
}

/// Calls until the load is over, or the sender of `stopped` is gone.
async fn calls(
    bench: Bench,
    mut connection: Calls<Connection>,
    pace: Pace,
    mut measured: Measured,
    mut stopped: watch::Receiver<()>,
) -> Measured {
    tokio::select! {
        () = put_load(&bench, &mut connection, &pace, &mut measured) => {}
        _ = stopped.changed() => {}
    }
    measured
}

async fn put_load(
    bench: &Bench,
    connection: &mut Calls<Connection>,
    pace: &Pace,
    measured: &mut Measured,
) {
    while let Some(at) = pace.next().await {
        let result = match bench.call {
            BenchCall::Get => get(connection, bench.ids).await,
            BenchCall::Create => create(connection).await,
        };
        measured.note(at, result);
    }
}

async fn get(connection: &mut Calls<Connection>, ids: i64) -> Result<(), Status> {
    let user_id = rand::random_range(1..=ids);
    let response = connection
        .get_user(Request::new(GetUserRequest { user_id }))
        .await?;
    let user = response.into_inner().user;
    match user.is_some_and(|user| user.id == user_id) {
        true => Ok(()),
        false => Err(Status::data_loss("another user")),
    }
}

async fn create(connection: &mut Calls<Connection>) -> Result<(), Status> {
    let user = CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: format!("{}@example.com", Uuid::new_v4().simple()),
        phone: Some("+4930123456".to_owned()),
        request_id: String::new(),
    };
    connection.create_user(Request::new(user)).await.map(drop)
}
