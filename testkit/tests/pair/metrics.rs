//! The metrics: every call is counted, whatever is sampled, in few series.

mod export;
mod formats;
mod pool;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use http::Request;
use testkit::{FaultProxy, Metrics, TestEnv, UserService};
use tonic::body::Body;
use tonic::codegen::Service;
use user_proto::v1::{GetUserRequest, GetUsersRequest};

use crate::support::client_of_small_windows;
use testkit::users::ada;

const GET_USER: &str = "user.v1.UserService/GetUser";
const GET_USERS: &str = "user.v1.UserService/GetUsers";

/// How long a count may take to be right.
const LIMIT: Duration = Duration::from_secs(10);

/// What `/metrics` says.
pub(crate) async fn scrape(service: &UserService) -> Metrics {
    service.metrics().await
}

fn written(labels: &[(&str, &str)]) -> Vec<String> {
    let labels = labels.iter();
    labels
        .map(|(key, value)| format!("{key}=\"{value}\""))
        .collect()
}

/// The value of the one series of `metric` that has all these labels, and of a histogram its count.
pub(crate) fn value(metrics: &Metrics, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
    metrics.value(metric, &written(labels))
}

/// Waits until the one series of `metric` with these labels has the value `expected`.
pub(crate) async fn becomes(
    service: &UserService,
    metric: &str,
    labels: &[(&str, &str)],
    expected: f64,
) {
    let waiting = async {
        while value(&scrape(service).await, metric, labels) != Some(expected) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let became = tokio::time::timeout(LIMIT, waiting).await;
    assert!(became.is_ok(), "{metric} {labels:?} is not {expected}");
}

#[tokio::test]
async fn every_call_is_counted_by_method_and_code_when_none_is_sampled() {
    let variables = [("OTEL_TRACES_SAMPLER", "always_off")];
    let env = TestEnv::configured(&variables).await;
    let mut client = env.plain_client().await;
    let user_id = client
        .create_user(ada())
        .await
        .unwrap()
        .into_inner()
        .user_id;
    for _ in 0..30 {
        client.get_user(GetUserRequest { user_id }).await.unwrap();
    }
    for _ in 0..20 {
        let missing_id = GetUserRequest { user_id: i64::MAX };
        client.get_user(missing_id).await.unwrap_err();
    }
    drop(client);

    let method = ("rpc_method", GET_USER);
    becomes(&env.service, "rpc_server_call_active", &[method], 0.0).await;
    let lines = scrape(&env.service).await;
    let count = |code| {
        let labels = [method, ("rpc_response_status_code", code)];
        value(&lines, "rpc_server_call_duration_seconds_count", &labels)
    };
    assert_eq!(count("OK"), Some(30.0));
    assert_eq!(count("NOT_FOUND"), Some(20.0));
    let total = |metric| value(&lines, metric, &[method]);
    assert_eq!(total("rpc_server_call_started_total"), Some(50.0));
    assert_eq!(total("rpc_server_messages_received_total"), Some(50.0));
    assert_eq!(total("rpc_server_messages_sent_total"), Some(30.0));
    let hits = [("cache_result", "hit")];
    // A missing user is looked up once, and cached as missing afterwards.
    assert_eq!(
        value(&lines, "user_service_cache_requests_total", &hits),
        Some(49.0)
    );
    let insert = [("db_query_summary", "INSERT users")];
    assert_eq!(
        value(
            &lines,
            "db_client_operation_duration_seconds_count",
            &insert
        ),
        Some(1.0)
    );
    assert!(!lines.text().contains("trace_id"), "nothing is sampled");
    env.finish().await;
}

/// Every series of calls, without its value.
fn series_of_calls(metrics: &Metrics) -> BTreeSet<&str> {
    let lines = metrics.text().lines();
    let of_calls = lines.filter(|line| line.starts_with("rpc_"));
    let without_exemplar = of_calls.filter_map(|line| line.split(" # ").next());
    without_exemplar
        .filter_map(|line| Some(line.rsplit_once(' ')?.0))
        .collect()
}

#[tokio::test]
async fn callers_cannot_increase_metric_cardinality() {
    let env = TestEnv::start().await;
    let channel = tonic::transport::Endpoint::from_shared(env.url().to_owned()).unwrap();
    let channel = channel.connect().await.unwrap();
    let call = |number: usize| {
        let mut channel = channel.clone();
        async move {
            std::future::poll_fn(|task| channel.poll_ready(task))
                .await
                .unwrap();
            let request = Request::post(format!("/user.v1.UserService/Method{number}"))
                .header("content-type", "application/grpc")
                .body(Body::empty());
            let response = channel.call(request.unwrap()).await.unwrap();
            assert_eq!(response.headers()["grpc-status"], "12");
        }
    };
    call(0).await;
    let before = scrape(&env.service).await;
    let calls = stream::iter(1..=10_000).map(call).buffer_unordered(50);
    calls.for_each(std::future::ready).await;

    let after = scrape(&env.service).await;
    assert_eq!(series_of_calls(&after), series_of_calls(&before));
    let other = [("rpc_method", "_OTHER")];
    let started = value(&after, "rpc_server_call_started_total", &other);
    assert_eq!(started, Some(10_001.0));
    assert!(!after.text().contains("Method7"));
    env.finish().await;
}

#[tokio::test]
async fn a_bucket_shows_a_call_whose_trace_exists() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    client.create_user(ada()).await.unwrap();
    let lines = scrape(&env.service).await;
    let with_exemplar = |line: &&str| {
        line.starts_with("rpc_server_call_duration_seconds_bucket")
            && line.contains(" # {trace_id=\"")
    };
    let line = lines.text().lines().find(with_exemplar).unwrap();
    let trace_id = line.split("trace_id=\"").nth(1).unwrap()[..32].to_owned();
    let (traces, _) = env.finish().await;
    assert!(traces.iter().any(|trace| trace.id() == trace_id), "{line}");
}

#[tokio::test]
async fn open_streams_are_started_and_active_until_their_callers_are_gone() {
    const STREAMS: usize = 40;
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    let way = FaultProxy::in_front_of(env.url()).await;
    let caller = client_of_small_windows(way.url()).await;
    let mut open = Vec::new();
    for _ in 0..STREAMS {
        let endless = stream::iter([GetUsersRequest { user_id: 1 }]).chain(stream::pending());
        let answers = caller.clone().get_users(endless).await;
        let mut answers = answers.unwrap().into_inner();
        answers.message().await.unwrap().unwrap();
        open.push(answers);
    }
    let method = [("rpc_method", GET_USERS)];
    let lines = scrape(&env.service).await;
    let started = value(&lines, "rpc_server_call_started_total", &method);
    assert_eq!(started, Some(STREAMS as f64));
    let active = value(&lines, "rpc_server_call_active", &method);
    assert_eq!(active, Some(STREAMS as f64));
    let ended = value(&lines, "rpc_server_call_duration_seconds_count", &method);
    assert_eq!(ended, None, "none has ended");

    way.reset_all();
    becomes(&env.service, "rpc_server_call_active", &method, 0.0).await;

    let cancelled = [method[0], ("rpc_response_status_code", "CANCELLED")];
    let lines = scrape(&env.service).await;
    let ended = value(&lines, "rpc_server_call_duration_seconds_count", &cancelled);
    assert_eq!(ended, Some(STREAMS as f64));
    client.create_user(ada()).await.unwrap();
    env.finish().await;
}

#[tokio::test]
async fn a_cache_that_does_not_answer_is_seen_to_be_passed_over() {
    let nobody = [("REDIS_URL", "redis://127.0.0.1:1/0")];
    let mut without = TestEnv::configured(&nobody).await;
    let mut with = TestEnv::start().await;
    for env in [&mut without, &mut with] {
        let mut client = env.plain_client().await;
        let created = client.create_user(ada()).await.unwrap().into_inner();
        let user_id = created.user_id;
        client.get_user(GetUserRequest { user_id }).await.unwrap();
    }
    let without_cache = scrape(&without.service).await;
    let with_cache = scrape(&with.service).await;
    let open = |lines| value(lines, "user_service_cache_breaker_open", &[]);
    assert_eq!(open(&without_cache), Some(1.0));
    assert_eq!(open(&with_cache), Some(0.0));
    let bypassed = [("cache_result", "bypass")];
    let bypassed = |lines| value(lines, "user_service_cache_requests_total", &bypassed);
    assert_eq!(bypassed(&without_cache), Some(1.0));
    assert_eq!(bypassed(&with_cache).unwrap_or(0.0), 0.0);
    without.finish().await;
    with.finish().await;
}

#[tokio::test]
async fn the_process_its_runtime_and_its_connections_are_shown() {
    let env = TestEnv::start().await;
    env.plain_client().await.create_user(ada()).await.unwrap();
    let lines = scrape(&env.service).await;
    let of = |metric: &str| value(&lines, metric, &[]).unwrap();
    assert!(of("tokio_workers") >= 1.0);
    assert!(of("tokio_tasks_alive") >= 1.0);
    assert!(of("process_memory_usage_bytes") > 1e6);
    assert!(of("process_unix_file_descriptor_count") >= 3.0);
    assert!(of("process_start_time_seconds") > 1.7e9);
    let connections = |state| {
        let state = [("db_client_connection_state", state)];
        value(&lines, "db_client_connection_count", &state).unwrap()
    };
    let open = connections("idle") + connections("used");
    assert!((1.0..=of("db_client_connection_max")).contains(&open));
    let service = [("service_name", "user-service")];
    assert_eq!(value(&lines, "target_info", &service), Some(1.0));
    env.finish().await;
}

#[tokio::test]
async fn no_metric_is_missing_in_the_documentation() {
    let documented = include_str!("../../../docs/metrics.md");
    let env = TestEnv::start().await;
    env.plain_client().await.create_user(ada()).await.unwrap();
    for line in scrape(&env.service).await.text().lines() {
        let Some(family) = line.strip_prefix("# TYPE ") else {
            continue;
        };
        let (name, kind) = family.split_once(' ').unwrap();
        let name = match kind {
            "counter" => format!("`{name}_total`"),
            "info" => format!("`{name}_info`"),
            _ => format!("`{name}`"),
        };
        assert!(documented.contains(&name), "{name}");
    }
    env.finish().await;
}
