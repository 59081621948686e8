//! Log records over OTLP: what is written is sent, with the ids of its trace, and a
//! failing collector costs records, each of them counted, and nothing else.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::SeverityNumber;
use testkit::sizes::eventually;
use testkit::{FaultProxy, Mode, ReceivedLog, Signal, Sink, Stream, TestEnv, Trace};
use tonic::Code;
use user_proto::v1::GetUserRequest;

use crate::metrics::{becomes, scrape, value};

const GET_USER: &str = "user.v1.UserService/GetUser";
const UNAVAILABLE: &str = "the database is unavailable";

/// A service whose database is out of reach: each call makes a record.
async fn in_trouble(variables: &[(&str, &str)]) -> TestEnv {
    let builder = TestEnv::builder().postgres().proxies().collector();
    let builder = builder.variables(&[("CACHE_TTL", "0s")]);
    let env = builder.variables(variables).start().await;
    env.database_proxy().set(Mode::Refuse);
    env.database_proxy().reset_all();
    env
}

async fn fail(env: &TestEnv, calls: usize) {
    let mut client = env.plain_client().await;
    for _ in 0..calls {
        let failed = client.get_user(GetUserRequest { user_id: 1 }).await;
        assert_eq!(failed.unwrap_err().code(), Code::Unavailable);
    }
}

fn body(log: &ReceivedLog) -> String {
    let body = log.record.body.clone().and_then(|body| body.value);
    match body {
        Some(Value::StringValue(text)) => text,
        other => format!("{other:?}"),
    }
}

/// The message of each record that a process wrote, without those of its exporters.
fn written(lines: &str) -> Vec<String> {
    let records = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let of_program = records.filter(|it| it["target"] != "grpc_telemetry::export");
    of_program
        .map(|record| record["message"].as_str().unwrap().to_owned())
        .collect()
}

async fn each_record_arrives(variables: &[(&str, &str)]) {
    let mut env = in_trouble(variables).await;
    fail(&env, 1).await;
    env.database_proxy().set(Mode::Pass);
    let process = env.service.process();
    process.signal(Signal::TERM);
    assert!(process.wait(Duration::from_secs(60)).await.success());
    let written = written(&process.text(Stream::Stdout));
    let mut logs = env.sink().logs();
    // A batch has them by scope.
    logs.sort_by_key(|log| log.record.time_unix_nano);

    let sent: Vec<String> = logs.iter().map(body).collect();
    assert_eq!(sent, written);
    let log = logs.iter().find(|log| body(log) == UNAVAILABLE).unwrap();
    let traces = Trace::all(&env.sink().spans());
    let call = traces
        .iter()
        .find(|trace| trace.spans()[0].span.name == GET_USER);
    let call = &call.unwrap().spans()[0].span;
    assert_eq!(log.record.trace_id, call.trace_id);
    assert_eq!(log.record.span_id, call.span_id);
    assert_eq!(log.record.flags & 1, 1);
    assert_eq!(log.record.severity_number(), SeverityNumber::Warn);
    assert_eq!(log.scope.name, "user_service::status");
    let names: Vec<&str> = log.record.attributes.iter().map(|it| &*it.key).collect();
    assert_eq!(names, ["exception.message"]);
    let service = log.resource.iter().find(|it| it.key == "service.name");
    assert!(format!("{service:?}").contains("user-service"));
}

#[tokio::test]
async fn what_is_written_is_sent_over_grpc_with_the_ids_of_its_span() {
    each_record_arrives(&[]).await;
}

#[tokio::test]
async fn what_is_written_is_sent_over_http_with_the_ids_of_its_span() {
    each_record_arrives(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]).await;
}

#[tokio::test]
async fn compressed_and_with_headers_it_is_sent_to_an_endpoint_of_its_own() {
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let endpoint = sink.endpoint();
    let variables = [
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &*endpoint),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "tenant=users"),
    ];
    let env = TestEnv::configured(&variables).await;
    let other = env.stop().await;
    assert!(sink.logs().iter().any(|log| body(log) == "serving"));
    assert!(other.logs().is_empty());
}

#[tokio::test]
async fn no_records_are_sent_if_none_are_wanted() {
    for exporter in ["none", "console"] {
        let variables = [("OTEL_LOGS_EXPORTER", exporter)];
        let env = TestEnv::configured(&variables).await;
        let sink = env.stop().await;
        assert!(sink.logs().is_empty(), "{exporter}");
    }
}

#[tokio::test]
async fn what_exporters_log_is_written_and_never_sent() {
    for protocol in ["grpc", "http/protobuf"] {
        let variables = [
            ("RUST_LOG", "trace"),
            ("OTEL_LOG_LEVEL", "trace"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_BLRP_SCHEDULE_DELAY", "20"),
        ];
        let mut env = TestEnv::configured(&variables).await;
        let process = env.service.process();
        process.signal(Signal::TERM);
        assert!(process.wait(Duration::from_secs(60)).await.success());
        let lines = process.text(Stream::Stdout);
        // Nothing in the service is a client of HTTP, but for its exporters.
        let of_exporters = ["hyper_util::client", "opentelemetry"];
        for target in of_exporters {
            assert!(
                lines.contains(&format!("\"target\":\"{target}")),
                "{target}"
            );
        }
        let logs = env.sink().logs();
        assert!(logs.iter().any(|log| body(log) == "serving"));
        let theirs = logs
            .iter()
            .find(|log| of_exporters.iter().any(|it| log.scope.name.starts_with(it)));
        assert!(theirs.is_none(), "{protocol}: {theirs:?}");
    }
}

const CALLS: usize = 200;
const CREATED: &str = "otel_sdk_log_created_total";
const PROCESSED: &str = "otel_sdk_processor_log_processed_total";
const LIMIT: Duration = Duration::from_secs(60);
const QUEUE: &str = "otel_sdk_processor_log_queue_size";
const EXPORTED: &str = "otel_sdk_exporter_log_exported_total";

/// Runs calls that make records while the collector is in `mode`: none of them waits, each record is
/// accounted for, and the service stops in time. Returns how many were exported, and how many had no room in
/// the queue.
async fn in_mode(mode: Mode) -> (f64, f64) {
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let collector = FaultProxy::in_front_of(&sink.endpoint()).await;
    collector.set(mode);
    let variables = [
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", collector.url()),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "300"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "10"),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "10"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "20"),
    ];
    let mut env = in_trouble(&variables).await;
    fail(&env, CALLS).await;
    match mode {
        Mode::Delay(_) => becomes(&env.service, QUEUE, &[], 0.0).await,
        // Records wait for a collector that does not take them, as far as there is room.
        _ => {
            let reason = [("error_type", "queue_full")];
            let lost = async || value(&scrape(&env.service).await, PROCESSED, &reason);
            eventually("the queue is full", LIMIT, async || {
                lost().await > Some(0.0)
            })
            .await;
        }
    }

    let lines = scrape(&env.service).await;
    let of = |metric, reason| {
        let found = lines.text().lines();
        let found = found.filter(|line| line.starts_with(metric));
        let found = found.filter(|line| match reason {
            "" => !line.contains("error_type"),
            _ => line.contains(&format!("error_type=\"{reason}\"")),
        });
        let number = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap();
        found.map(number).sum::<f64>()
    };
    let created = value(&lines, CREATED, &[]).unwrap();
    assert!(created > CALLS as f64);
    let (sent, full) = (of(PROCESSED, ""), of(PROCESSED, "queue_full"));
    // What waits in the queue, in a batch that is filled, and in one that is in flight.
    let waiting = created - sent - full;
    assert!((0.0..=20.0 + 2.0 * 10.0).contains(&waiting), "{waiting}");
    let (exported, failed) = (of(EXPORTED, ""), of(EXPORTED, "export_failed"));
    assert_eq!(sent, exported + failed);
    let stopping = Instant::now();
    let process = env.service.process();
    process.signal(Signal::TERM);
    assert!(process.wait(Duration::from_secs(60)).await.success());
    let took = stopping.elapsed();
    assert!(took < Duration::from_secs(6), "{mode:?}: {took:?}");
    assert_eq!(failed, 0.0);
    (exported, full)
}

#[tokio::test]
async fn a_slow_collector_has_what_is_said_to_be_exported() {
    let (exported, _) = in_mode(Mode::Delay(Duration::from_millis(20))).await;
    assert!(exported > 0.0);
}

#[tokio::test]
async fn a_dead_collector_costs_records_and_no_call() {
    let (exported, full) = in_mode(Mode::Refuse).await;
    assert_eq!(exported, 0.0);
    assert!(full > 0.0);
}

#[tokio::test]
async fn a_hung_collector_costs_records_and_no_call_nor_stop() {
    let (exported, full) = in_mode(Mode::Hang).await;
    assert_eq!(exported, 0.0);
    assert!(full > 0.0);
}
