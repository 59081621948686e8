//! What the layers of a handle do for a program that has its own subscriber.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::convert::Infallible;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use grpc_telemetry::Telemetry;
use grpc_telemetry::receiver::{ReceivedSpan, Receiver};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tower::{Layer, ServiceExt, service_fn};
use tracing_subscriber::layer::SubscriberExt;

/// How long the service of these tests takes for the head of its response.
const WORK: Duration = Duration::from_millis(20);
/// A message without content.
const MESSAGE: &[u8] = &[0; 5];

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

fn seconds(received: &ReceivedSpan, name: &str) -> Option<f64> {
    let mut attributes = received.span.attributes.iter();
    let found = attributes.find(|it| it.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::DoubleValue(seconds) => Some(*seconds),
        _ => None,
    }
}

/// Calls `path` behind the layer of a server, and reads the response to its end.
async fn call(telemetry: &Telemetry, path: &str) {
    let layer = telemetry.server(&[tonic_health::pb::FILE_DESCRIPTOR_SET]);
    let service = layer.unwrap().layer(service_fn(|_: Request<_>| async {
        tokio::time::sleep(WORK).await;
        let message = Full::new(Bytes::from_static(MESSAGE));
        Ok::<_, Infallible>(Response::new(Body::new(message)))
    }));
    let request = Request::post(path).body(Body::empty()).unwrap();
    let answer = service.oneshot(request).await.unwrap();
    let _ended_without_a_status = answer.into_body().collect().await;
}

// The receiver has a thread of its own: to drop a handle blocks the one it is dropped on.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_its_own_subscriber_has_all_of_it() {
    let receiver = Receiver::bind("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let (telemetry, layer) = grpc_telemetry::builder("test", "0")
        .with_endpoint(receiver.endpoint())
        .with_variable("TRACE_HEALTH", "true")
        .with_variable("OTEL_TRACES_SMAPLER", "always_on")
        .layer()
        .unwrap();
    let log = Log::default();
    let writer = log.clone();
    let own = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(layer).with(own);
    let _current = tracing::subscriber::set_default(subscriber);

    call(&telemetry, "/grpc.health.v1.Health/Check").await;
    for _ in 0..2 {
        call(&telemetry, "/orders.v1.Orders/GetOrder").await;
    }
    // As by a `?` in main: nothing is awaited.
    drop(telemetry);

    let spans = receiver.spans();
    assert_eq!(spans.len(), 3, "a handle that is dropped sends its spans");
    for received in &spans {
        let first = seconds(received, "call.time_to_first_message").unwrap();
        assert!(first >= WORK.as_secs_f64(), "from the start: {first}");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines_with = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    assert_eq!(lines_with("without descriptors"), 1, "{log}");
    assert_eq!(lines_with("orders.v1.Orders"), 1, "{log}");
    assert_eq!(lines_with("OTEL_TRACES_SMAPLER has no effect"), 1, "{log}");
}
