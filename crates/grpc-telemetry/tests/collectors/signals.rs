//! One span, one log record and one measurement, from the program to a collector.

use std::time::Duration;

use grpc_telemetry::receiver::Receiver;
use grpc_telemetry::{Builder, Telemetry};
use opentelemetry::global;
use opentelemetry::trace::{Span, Tracer};
use tokio::sync::Mutex;
use tracing_subscriber::layer::SubscriberExt;

/// Both ways of OTLP.
pub(crate) const PROTOCOLS: [&str; 2] = ["grpc", "http/protobuf"];

/// Held by each test: the providers are those of the process.
pub(crate) static TURN: Mutex<()> = Mutex::const_new(());

/// For what happens by itself.
const A_LONG_TIME: Duration = Duration::from_secs(20);

/// Telemetry of all signals to one endpoint, exported without delay.
pub(crate) fn to(protocol: &str, endpoint: &str) -> Builder {
    grpc_telemetry::builder("test", "0")
        .with_variable("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .with_variable("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .with_variable("OTEL_METRIC_EXPORT_INTERVAL", "100")
        .with_variable("OTEL_BSP_SCHEDULE_DELAY", "50")
        .with_variable("OTEL_BLRP_SCHEDULE_DELAY", "50")
}

/// Starts the telemetry of `builder` and makes one of each signal.
pub(crate) fn start(builder: Builder) -> Telemetry {
    let (telemetry, layer) = builder.layer().unwrap();
    make_one_of_each(layer);
    telemetry
}

fn make_one_of_each<L>(layer: L)
where
    L: tracing_subscriber::Layer<tracing_subscriber::Registry> + Send + Sync + 'static,
{
    global::tracer("test").start("span").end();
    let counter = global::meter("test").u64_counter("counted").build();
    counter.add(1, &[]);
    let subscriber = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    // Its end would log, under a lock that logging waits for.
    std::mem::forget(subscriber.clone());
    tracing::dispatcher::with_default(&subscriber, || {
        tracing::info!(target: "test", "something happened");
    });
}

/// Waits until `receiver` has what `is_there` looks for.
pub(crate) async fn arrived(receiver: &Receiver, is_there: impl Fn(&Receiver) -> bool) {
    let arrived = async {
        while !is_there(receiver) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let arrived = tokio::time::timeout(A_LONG_TIME, arrived).await;
    let (spans, logs) = (receiver.spans().len(), receiver.logs().len());
    let metrics = receiver.metrics().len();
    assert!(
        arrived.is_ok(),
        "{spans} spans, {logs} log records, {metrics} metrics"
    );
}
