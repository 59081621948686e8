//! Metrics that are sent as deltas: what one export loses, no later one has.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::global;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Request, Response, Status};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const COUNTED: u64 = 100;
/// Exports in vain before one is taken: more than in a short outage.
const FAILURES: u32 = 5;

/// The log of the program's own subscriber.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A collector that is away for the first exports, takes one, and refuses all after it.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    requests: u32,
    counted: u64,
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let mut state = self.0.lock().unwrap();
        state.requests += 1;
        if state.requests <= FAILURES {
            return Err(Status::unavailable("away"));
        }
        if state.counted > 0 {
            return Err(Status::invalid_argument("never"));
        }
        state.counted += counted(request.get_ref());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// What the counter of the test has in `request`.
fn counted(request: &ExportMetricsServiceRequest) -> u64 {
    let scopes = request
        .resource_metrics
        .iter()
        .flat_map(|it| &it.scope_metrics);
    let metrics = scopes.flat_map(|it| &it.metrics);
    let ours = metrics.filter(|it| it.name == "test.counted");
    let points = ours.flat_map(|metric| match metric.data.as_ref().unwrap() {
        Data::Sum(sum) => &sum.data_points[..],
        _ => &[],
    });
    let values = points.map(|point| match point.value {
        Some(Value::AsInt(value)) => value as u64,
        _ => 0,
    });
    values.sum()
}

async fn serve(collector: Collector) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let routes = tonic::service::Routes::new(MetricsServiceServer::new(collector));
    let serve = async move {
        axum::serve(listener, routes.into_axum_router())
            .await
            .unwrap()
    };
    (endpoint, AbortOnDropHandle::new(tokio::spawn(serve)))
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_deltas_are_retried_and_losses_counted_and_logged() {
    let collector = Collector::default();
    let (endpoint, _server) = serve(collector.clone()).await;
    let (telemetry, layer) = grpc_telemetry::builder("test", "0")
        .with_variable("OTEL_TRACES_EXPORTER", "none")
        .with_variable("OTEL_LOGS_EXPORTER", "none")
        .with_variable("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)
        .with_variable("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
        .with_variable("OTEL_METRIC_EXPORT_INTERVAL", "500")
        .layer()
        .unwrap();
    let log = Log::default();
    let writer = log.clone();
    let own = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
    tracing_subscriber::registry().with(layer).with(own).init();

    let counter = global::meter("test").u64_counter("test.counted").build();
    counter.add(COUNTED, &[]);
    let scrape = telemetry.scrape().unwrap();
    let lost = || {
        let text = scrape.text(None).body;
        let name = "otel_sdk_exporter_metric_data_point_exported_total{";
        let mut lines = text.lines().filter(|line| line.starts_with(name));
        let line = lines.find(|line| line.contains("error_type=\"export_failed\""));
        line.is_some_and(|line| !line.ends_with(" 0"))
    };
    let until_lost = async {
        while !lost() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), until_lost).await;

    assert_eq!(collector.0.lock().unwrap().counted, COUNTED);
    waited.unwrap();
    telemetry.shutdown().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let told = "cannot export metrics: what they count meanwhile is lost";
    assert_eq!(log.matches(told).count(), 1, "{log}");
}
