//! Metrics over OTLP: when, by which transport, and what a failing collector does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use grpc_telemetry::receiver;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use testkit::conventions::violations_of_metric;
use testkit::sizes::eventually;
use testkit::{FaultProxy, Mode, Signal, Sink, Stream, TestEnv, UserService};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::{LIMIT, scrape, value};
use testkit::users::ada;

/// The names of the metrics that came last.
fn received(sink: &Sink) -> Vec<String> {
    let metrics = sink.metrics().into_iter();
    metrics.map(|metric| metric.name).collect()
}

/// Runs one call with both programs set up so, and shows that each has sent its metrics.
async fn both_send_their_metrics(variables: &[(&str, &str)]) {
    let env = TestEnv::configured(variables).await;
    let create = ["create", "--name", "Ada", "--email", "ada@example.com"];
    let created = env.client_with(&create, variables).await;
    assert!(created.status.success(), "{created:?}");
    let of_client = received(env.sink());
    let is_there = |names: &[String], name: &str| names.iter().any(|it| it == name);
    assert!(
        is_there(&of_client, "rpc.client.call.duration"),
        "{of_client:?}"
    );
    let of_service = received(&env.stop().await);
    assert!(
        is_there(&of_service, "rpc.server.call.duration"),
        "{of_service:?}"
    );
}

#[tokio::test]
async fn both_programs_send_their_metrics_before_they_end() {
    both_send_their_metrics(&[]).await;
}

#[tokio::test]
async fn both_programs_send_their_metrics_over_http() {
    both_send_their_metrics(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]).await;
}

#[tokio::test]
async fn metrics_are_sent_again_and_again_while_the_service_runs() {
    let variables = [("OTEL_METRIC_EXPORT_INTERVAL", "100")];
    let env = TestEnv::configured(&variables).await;
    env.plain_client().await.create_user(ada()).await.unwrap();
    let sent = async {
        while !received(env.sink()).contains(&"rpc.server.call.duration".to_owned()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let sent = tokio::time::timeout(LIMIT, sent).await;
    assert!(sent.is_ok(), "nothing but {:?}", received(env.sink()));
    env.finish().await;
}

#[tokio::test]
async fn no_metrics_are_sent_if_none_are_wanted() {
    let variables = [("OTEL_METRICS_EXPORTER", "none")];
    let env = TestEnv::configured(&variables).await;
    env.plain_client().await.create_user(ada()).await.unwrap();
    let started = [("rpc_method", "user.v1.UserService/CreateUser")];
    let lines = scrape(&env.service).await;
    let started = value(&lines, "rpc_server_call_started_total", &started);
    assert_eq!(started, Some(1.0));
    let sink = env.stop().await;
    assert!(!sink.spans().is_empty(), "spans are sent all the same");
    assert_eq!(received(&sink), Vec::<String>::new());
}

#[tokio::test]
async fn a_collector_that_never_answers_spoils_no_end() {
    let env = TestEnv::configured(&[]).await;
    let way = FaultProxy::in_front_of(&env.endpoint()).await;
    way.set(Mode::Hang);
    for protocol in ["grpc", "http/protobuf"] {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", way.url()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_TRACES_EXPORTER", "none"),
        ];
        let started = Instant::now();
        let output = env.client_with(&["get", "1"], &variables).await;
        let took = started.elapsed();
        assert!(took < Duration::from_secs(6), "{protocol}: {took:?}");
        assert!(!output.stderr.contains("panicked"), "{output:?}");
    }
    env.finish().await;
}

/// A collector that rejects two data points of each export of metrics, once it is switched to that.
#[derive(Default)]
struct Picky {
    rejects: AtomicBool,
}

impl receiver::Sink for Picky {
    fn take_spans(&self, _: ExportTraceServiceRequest) -> ExportTraceServiceResponse {
        ExportTraceServiceResponse::default()
    }

    fn take_metrics(&self, _: ExportMetricsServiceRequest) -> ExportMetricsServiceResponse {
        let rejected = || ExportMetricsPartialSuccess {
            rejected_data_points: 2,
            error_message: "too many series".to_owned(),
        };
        ExportMetricsServiceResponse {
            partial_success: self.rejects.load(Relaxed).then(rejected),
        }
    }
}

#[tokio::test]
async fn rejected_data_points_are_counted_and_the_reason_is_logged_once() {
    for protocol in ["grpc", "http/protobuf"] {
        let picky = Arc::<Picky>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = receiver::router(picky.clone(), 1024 * 1024);
        let _collector =
            AbortOnDropHandle::new(tokio::spawn(
                async move { axum::serve(listener, router).await },
            ));
        let mut service = UserService::start(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ])
        .await;

        // From now on, when the log is written.
        picky.rejects.store(true, Relaxed);
        let exported = "otel_sdk_exporter_metric_data_point_exported_total";
        let rejected = [("error_type", "rejected")];
        eventually("two exports were rejected in part", LIMIT, async || {
            let count = value(&scrape(&service).await, exported, &rejected);
            count.is_some_and(|count| count >= 4.0)
        })
        .await;

        service.process().signal(Signal::TERM);
        assert!(service.process().wait(LIMIT).await.success());
        let log = service.process().text(Stream::Stdout);
        assert_eq!(log.matches("too many series").count(), 1, "{log}");
    }
}

#[tokio::test]
async fn no_metric_of_either_program_breaks_a_rule_of_the_registry() {
    let builder = TestEnv::builder().postgres().redis().collector();
    let env = builder.start().await;
    env.client(&["workflow", "all"]).await;
    env.client(&["get", "4711"]).await;
    let of_client = env.sink().metrics();
    let of_service = env.stop().await.metrics();
    let all: Vec<&Metric> = of_client.iter().chain(&of_service).collect();
    assert!(all.len() > 30, "{}", all.len());

    let found: Vec<String> = all.iter().flat_map(|it| violations_of_metric(it)).collect();

    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Whether every point of the histogram `name` has all of `keys`.
fn all_points_have(metrics: &[Metric], name: &str, keys: &[&str]) {
    let mut points = 0;
    for metric in metrics.iter().filter(|it| it.name == name) {
        let Some(Data::Histogram(histogram)) = &metric.data else {
            panic!("{name} is no histogram");
        };
        for point in &histogram.data_points {
            let has = |key: &&str| point.attributes.iter().any(|it| it.key == **key);
            assert!(keys.iter().all(has), "{name}: {:?}", point.attributes);
            points += 1;
        }
    }
    assert!(points > 0, "{name}");
}

#[tokio::test]
async fn durations_have_the_attributes_by_which_readers_tell_servers_and_tables_apart() {
    let env = TestEnv::builder().postgres().collector().start().await;
    let create = ["create", "--name", "Ada", "--email", "ada@example.com"];
    let created = env.client(&create).await;
    assert!(created.status.success(), "{created:?}");

    let of_client = env.sink().metrics();
    let of_service = env.stop().await.metrics();

    let server = ["server.address", "server.port"];
    all_points_have(&of_client, "rpc.client.call.duration", &server);
    all_points_have(&of_client, "rpc.client.attempt.duration", &server);
    let statement = [
        "db.namespace",
        "db.operation.name",
        "db.collection.name",
        "db.query.summary",
        "server.address",
    ];
    all_points_have(&of_service, "db.client.operation.duration", &statement);
}

#[tokio::test]
async fn exemplars_go_by_otlp_too_and_lead_to_traces_that_exist() {
    let env = TestEnv::configured(&[]).await;
    env.plain_client().await.create_user(ada()).await.unwrap();
    let sink = env.stop().await;
    let metrics = sink.metrics();
    let durations = metrics
        .iter()
        .find(|it| it.name == "rpc.server.call.duration");
    let Some(Data::Histogram(histogram)) = durations.and_then(|it| it.data.as_ref()) else {
        panic!("{:?}", received(&sink));
    };

    let exemplars = histogram.data_points.iter().flat_map(|it| &it.exemplars);
    let traces: Vec<&[u8]> = exemplars.map(|it| &it.trace_id[..]).collect();

    assert!(!traces.is_empty());
    let spans = sink.spans();
    for trace in traces {
        assert!(spans.iter().any(|it| it.span.trace_id == trace));
    }
}

#[tokio::test]
async fn no_exemplar_leads_to_a_trace_that_is_not_exported() {
    let env = TestEnv::configured(&[("OTEL_TRACES_EXPORTER", "none")]).await;
    env.plain_client().await.create_user(ada()).await.unwrap();
    assert!(!scrape(&env.service).await.text().contains("trace_id"));
    env.finish().await;
}
