//! Callers of the services, and what their metrics say.

use std::time::{Duration, Instant};

use grpc_telemetry::Telemetry;
use testkit::load::{Tally, steady};
use testkit::sizes::eventually;
use testkit::users::new_user;
use testkit::{Signal, TestEnv, UserService};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::transport::Channel;
use user_client::args::Protocol;
use user_client::client::UserClient;
use user_client::client::call_log::CallLog;
use user_client::failure::Failure;
use user_proto::v1::GetUserRequest;
use user_proto::v1::user_service_client::UserServiceClient;

/// Variables of a service whose metrics are of interest, and nothing else that it tells.
pub(crate) const METRICS_ONLY: [(&str, &str); 2] = [
    ("OTEL_SDK_DISABLED", "false"),
    ("OTEL_TRACES_EXPORTER", "none"),
];

/// How long spans may be in flight, where a collector hangs.
const SETTLE_LIMIT: Duration = Duration::from_secs(60);

/// A service with proxies in front of its stores, and `variables` on top.
pub(crate) async fn proxied(variables: &[(&str, &str)]) -> TestEnv {
    let builder = TestEnv::builder().postgres().redis().proxies();
    builder.variables(variables).start().await
}

/// A client of `server`, as user-client has it.
pub(crate) fn client(server: &str, timeout: Duration) -> UserClient {
    client_in(None, server, timeout)
}

/// The same for a client in `zone`.
pub(crate) fn client_in(zone: Option<&str>, server: &str, timeout: Duration) -> UserClient {
    UserClient::open(
        grpc_channel::Channel::builder(server.parse().unwrap()).zone(zone.map(str::to_owned)),
        Protocol::Grpc,
        Some(timeout),
        CallLog::default(),
        &Telemetry::off(),
    )
    .unwrap()
}

/// One read by a plain client.
pub(crate) async fn get(
    mut client: UserServiceClient<Channel>,
    user_id: i64,
) -> Result<(), Status> {
    client.get_user(GetUserRequest { user_id }).await.map(drop)
}

/// Calls that are made until they are stopped: 200 a second, a quarter of them creates.
pub(crate) struct Calling {
    stop: watch::Sender<bool>,
    made: JoinHandle<Tally>,
}

impl Calling {
    /// Begins to call with `client`.
    pub(crate) async fn start(client: UserClient) -> Self {
        let user = client.create(new_user()).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let made = tokio::spawn(async move {
            let mut total = Tally::default();
            while !*stopped.borrow() {
                let tally = steady(200, Duration::from_millis(500), |number| {
                    let client = client.clone();
                    async move {
                        let outcome = match number % 4 {
                            0 => client.create(new_user()).await.map(drop),
                            _ => client.get(user).await.map(drop),
                        };
                        outcome.map_err(|it| reason(&it))
                    }
                })
                .await;
                total.absorb(tally);
            }
            total
        });
        Self { stop, made }
    }

    /// Ends them, and returns what became of them.
    pub(crate) async fn stop(self) -> Tally {
        self.stop.send_replace(true);
        self.made.await.unwrap()
    }
}

/// What a failure of user-client is counted as.
pub(crate) fn reason(failure: &Failure) -> String {
    failure
        .to_string()
        .replace(|it: char| it.is_ascii_digit(), "")
}

/// The sum of the series on `/metrics` that begin with `name` and have all of `labels`.
pub(crate) async fn metric(service: &UserService, name: &str, labels: &[&str]) -> f64 {
    service.metrics().await.sum(name, labels)
}

/// Tells `service`, which is called all the time, to stop; returns how long after that its last call
/// came. Its drain delay has to be longer.
pub(crate) async fn last_call(service: &mut UserService) -> Duration {
    let before = calls(service).await;
    let what = "the instance is called";
    eventually(what, Duration::from_secs(10), async || {
        calls(service).await > before
    })
    .await;
    service.process().signal(Signal::TERM);
    let stopped = Instant::now();
    let (mut most, mut last) = (before, Duration::ZERO);
    while stopped.elapsed() < last + Duration::from_secs(1) {
        let now = calls(service).await;
        if now > most {
            (most, last) = (now, stopped.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    last
}

/// The reads that `service` has had.
async fn calls(service: &UserService) -> f64 {
    let method = [r#"rpc_method="user.v1.UserService/GetUser""#];
    metric(service, "rpc_server_call_duration_seconds_count", &method).await
}

/// Redis commands of `service` that waited in vain for all of their time, so far.
pub(crate) async fn redis_timeouts(service: &UserService) -> f64 {
    redis_errors(service, "timeout").await
}

/// Redis commands of `service` that it waited no longer for, so far: Redis may
/// carry them out all the same.
pub(crate) async fn redis_given_up(service: &UserService) -> f64 {
    redis_timeouts(service).await + redis_errors(service, "passed_over").await
}

/// Redis commands of `service` that failed in this way, so far.
pub(crate) async fn redis_errors(service: &UserService, error: &str) -> f64 {
    let name = "db_client_operation_duration_seconds_count";
    let error = format!(r#"error_type="{error}""#);
    metric(service, name, &[r#"db_system_name="redis""#, &error]).await
}

/// What became of the spans of a service, by its own metrics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spans {
    pub(crate) ended: f64,
    pub(crate) exported: f64,
    pub(crate) dropped: f64,
}

/// The spans of `service` so far, once none is in flight any more.
pub(crate) async fn settled_spans(service: &UserService) -> Spans {
    let mut spans = spans(service).await;
    eventually("no span is on its way", SETTLE_LIMIT, async || {
        spans = self::spans(service).await;
        spans.ended == spans.exported + spans.dropped
    })
    .await;
    spans
}

async fn spans(service: &UserService) -> Spans {
    let exports = "otel_sdk_exporter_span_exported_total";
    let (lost, processed) = (r#"error_type=""#, "otel_sdk_processor_span_processed_total");
    let not_sent = metric(service, processed, &[lost]).await;
    let not_received = metric(service, exports, &[lost]).await;
    let tried = metric(service, exports, &[]).await;
    // Last: nothing has a fate before it has ended.
    let ended = metric(service, "otel_sdk_span_ended_total", &[]).await;
    Spans {
        ended,
        exported: tried - not_received,
        dropped: not_sent + not_received,
    }
}
