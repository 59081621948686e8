//! What reading and writing the context costs a call, beside the propagators of the SDK.
//!
//! `cargo bench -p grpc-telemetry --bench propagation`

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;
use std::time::Instant;

use grpc_telemetry::{Baggage, Telemetry};
use opentelemetry::Context;
use opentelemetry::propagation::{
    Extractor, Injector, TextMapCompositePropagator, TextMapPropagator,
};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};

const ROUNDS: usize = 1000;
const CALLS: u32 = 1000;

const TRACEPARENT: (&str, &str) = (
    "traceparent",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
);
const BAGGAGE: (&str, &str) = ("baggage", "workflow.name=user-management");
const TRACESTATE: (&str, &str) = ("tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");

/// Metadata as a propagator of the SDK reads and writes it.
struct Carrier<'a>(&'a mut MetadataMap);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Injector for Carrier<'_> {
    fn set(&mut self, key: &str, value: String) {
        let key = MetadataKey::from_bytes(key.as_bytes()).unwrap();
        if !value.is_empty() {
            self.0.insert(key, MetadataValue::try_from(value).unwrap());
        }
    }
}

fn metadata(headers: &[(&'static str, &'static str)]) -> MetadataMap {
    let mut metadata = MetadataMap::new();
    for (name, value) in headers {
        metadata.insert(*name, MetadataValue::from_static(value));
    }
    metadata
}

/// The best mean of several rounds, in nanoseconds for a call of `work`.
fn nanoseconds(mut work: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..CALLS {
            work();
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(CALLS));
    }
    best
}

fn report(name: &str, sdk: f64, ours: f64) {
    println!("{name:<44} SDK {sdk:>6.0} ns   ours {ours:>6.0} ns");
}

fn extraction(
    name: &str,
    sdk: &TextMapCompositePropagator,
    headers: &[(&'static str, &'static str)],
) {
    let mut metadata = metadata(headers);
    let by_sdk = nanoseconds(|| {
        let context = sdk.extract_with_context(&Context::new(), &Carrier(&mut metadata));
        black_box(context);
    });
    let ours = Telemetry::off().propagator();
    let headers = metadata.into_headers();
    let by_ours = nanoseconds(|| {
        black_box(ours.extract(&headers));
    });
    report(name, by_sdk, by_ours);
}

fn injection(name: &str, sdk: &TextMapCompositePropagator, context: Context) {
    let _current = context.attach();
    let mut metadata = MetadataMap::with_capacity(4);
    let by_sdk = nanoseconds(|| {
        sdk.inject_context(&Context::current(), &mut Carrier(&mut metadata));
    });
    let ours = Telemetry::off().propagator();
    let mut headers = metadata.into_headers();
    let by_ours = nanoseconds(|| {
        Context::map_current(|context| ours.inject(context, &mut headers));
    });
    report(name, by_sdk, by_ours);
}

fn main() {
    let sdk = TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ]);
    println!("extract");
    extraction("  nothing", &sdk, &[]);
    extraction("  traceparent", &sdk, &[TRACEPARENT]);
    extraction("  traceparent, baggage", &sdk, &[TRACEPARENT, BAGGAGE]);
    extraction(
        "  traceparent, tracestate, baggage",
        &sdk,
        &[TRACEPARENT, TRACESTATE, BAGGAGE],
    );
    let span = SpanContext::new(
        TraceId::from(1_u128 << 100),
        SpanId::from(7),
        TraceFlags::SAMPLED,
        false,
        "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE".parse().unwrap(),
    );
    let bare = SpanContext::new(
        span.trace_id(),
        span.span_id(),
        TraceFlags::SAMPLED,
        false,
        Default::default(),
    );
    println!("inject; ours without the baggage of the SDK, and the SDK's without ours");
    injection(
        "  traceparent",
        &sdk,
        Context::new().with_remote_span_context(bare.clone()),
    );
    let mut with_baggage = opentelemetry::baggage::Baggage::new();
    with_baggage.insert("workflow.name", "user-management");
    let both =
        Context::new().with_value(Baggage::default().with("workflow.name", "user-management"));
    let both = opentelemetry::baggage::BaggageExt::with_baggage(&both, with_baggage);
    injection(
        "  traceparent, baggage",
        &sdk,
        both.with_remote_span_context(bare),
    );
    injection(
        "  traceparent, tracestate, baggage",
        &sdk,
        both.with_remote_span_context(span),
    );
}
