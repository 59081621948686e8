//! What counting costs a call, and what it costs a statement.
//!
//! `cargo bench -p grpc-telemetry --bench metrics`

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::Context;

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use grpc_telemetry::Telemetry;
use grpc_telemetry::rpc::ServerTraceLayer;
use grpc_telemetry::store::{Failure, Operation, Store, observe};
use http::{Request, Response};
use opentelemetry::global;
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use tonic::body::Body;
use tower::{Layer, Service, service_fn};
use tracing_subscriber::Registry;

const METHOD: &str = "grpc.health.v1.Health/Check";

/// The response to any call, which is empty.
fn answer<B>(_: Request<B>) -> Ready<Result<Response<Body>, Infallible>> {
    let answer = Response::builder().header("grpc-status", "0");
    ready(Ok(answer.body(Body::empty()).unwrap()))
}

/// One call, from its request to the end of its response.
fn call(layer: &ServerTraceLayer) {
    call_of(layer.layer(service_fn(answer)));
}

fn call_of<S>(mut service: S)
where
    S: Service<Request<Body>>,
{
    let mut task = Context::from_waker(std::task::Waker::noop());
    assert!(service.poll_ready(&mut task).is_ready());
    let request = Request::post(format!("/{METHOD}")).body(Body::empty());
    let answer = service.call(request.unwrap()).now_or_never().unwrap();
    assert!(answer.is_ok());
}

/// Telemetry by `variable`, which exports nothing by itself.
fn telemetry((name, value): (&str, &str)) -> Telemetry {
    let telemetry = grpc_telemetry::builder("bench", "0")
        .with_variable("OTEL_TRACES_EXPORTER", "none")
        .with_variable("OTEL_METRICS_EXPORTER", "none")
        .with_variable("OTEL_LOGS_EXPORTER", "none")
        .with_variable("TRACE_HEALTH", "true")
        .with_variable(name, value);
    let (telemetry, _) = telemetry.layer::<Registry>().unwrap();
    telemetry
}

fn layer(telemetry: &Telemetry) -> ServerTraceLayer {
    telemetry
        .server(&[tonic_health::pb::FILE_DESCRIPTOR_SET])
        .unwrap()
}

/// Each layer keeps the meters of the moment in which it is made. The rate of
/// calls, and the exemplars of sampled ones, need none and are part of all figures.
fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("call");
    group.bench_function("without the layer", |bencher| {
        bencher.iter(|| call_of(service_fn(answer)));
    });
    let off = telemetry(("OTEL_SDK_DISABLED", "true"));
    let always = telemetry(("OTEL_TRACES_SAMPLER", "always_on"));
    let never = telemetry(("OTEL_TRACES_SAMPLER", "always_off"));
    let meters = SdkMeterProvider::builder().with_reader(ManualReader::builder().build());
    let meters = meters.build();
    for (name, telemetry, counts) in [
        ("not sampled, not counted", &off, false),
        ("not sampled, counted", &off, true),
        ("sampled, not counted", &always, false),
        ("sampled, counted", &always, true),
        ("refused by the sampler, not counted", &never, false),
    ] {
        match counts {
            true => global::set_meter_provider(meters.clone()),
            false => global::set_meter_provider(NoopMeterProvider::new()),
        }
        let layer = layer(telemetry);
        group.bench_function(name, |bencher| bencher.iter(|| call(&layer)));
    }
}

/// Outside of any trace, so without a span.
fn statements(criterion: &mut Criterion) {
    let store = Store {
        system: "postgresql",
        namespace: "users|public".into(),
        address: None,
        port: None,
    };
    let select = Operation {
        summary: "SELECT users",
        name: "SELECT",
        collection: Some("users"),
        text: None,
        batch_size: None,
    };
    let failure = |_: &Infallible| Failure {
        error_type: "".into(),
        status_code: None,
    };
    criterion.bench_function("statement", |bencher| {
        bencher.iter(|| {
            let observed = observe(&store, select, ready(Ok(())), failure);
            observed.now_or_never().unwrap().unwrap();
        });
    });
}

criterion_group!(benches, calls, statements);
criterion_main!(benches);
