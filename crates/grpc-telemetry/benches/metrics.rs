//! What counting costs a call, and what it costs a statement.
//!
//! `cargo bench -p grpc-telemetry --bench metrics`

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::Context;

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use grpc_telemetry::rpc::ServerTraceLayer;
use grpc_telemetry::store::{Failure, Operation, Store, observe};
use http::{Request, Response};
use opentelemetry::global;
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
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

fn layer() -> ServerTraceLayer {
    let telemetry = grpc_telemetry::builder("bench", "0")
        .with_variable("OTEL_SDK_DISABLED", "true")
        .with_variable("TRACE_HEALTH", "true");
    let (telemetry, _) = telemetry.layer::<Registry>().unwrap();
    telemetry
        .server(&[tonic_health::pb::FILE_DESCRIPTOR_SET])
        .unwrap()
}

/// Each layer keeps the providers of the moment in which it is made. The rate of
/// calls, and the exemplars of sampled ones, need none and are part of all figures.
fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("call");
    group.bench_function("without the layer", |bencher| {
        bencher.iter(|| call_of(service_fn(answer)));
    });
    let bare = layer();
    group.bench_function("not sampled, not counted", |bencher| {
        bencher.iter(|| call(&bare));
    });
    let meters = SdkMeterProvider::builder().with_reader(ManualReader::builder().build());
    let meters = meters.build();
    global::set_meter_provider(meters.clone());
    let counted = layer();
    group.bench_function("not sampled, counted", |bencher| {
        bencher.iter(|| call(&counted));
    });

    global::set_meter_provider(NoopMeterProvider::new());
    global::set_tracer_provider(SdkTracerProvider::builder().build());
    let traced = layer();
    group.bench_function("sampled, not counted", |bencher| {
        bencher.iter(|| call(&traced));
    });
    global::set_meter_provider(meters);
    let both = layer();
    group.bench_function("sampled, counted", |bencher| {
        bencher.iter(|| call(&both));
    });

    global::set_meter_provider(NoopMeterProvider::new());
    let never = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff);
    global::set_tracer_provider(never.build());
    let unsampled = layer();
    group.bench_function("refused by the sampler, not counted", |bencher| {
        bencher.iter(|| call(&unsampled));
    });
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
