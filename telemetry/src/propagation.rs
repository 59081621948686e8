//! The context on the wire: W3C Trace Context and W3C Baggage, read from and
//! written to gRPC metadata.

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::propagation::{
    Extractor, Injector, TextMapCompositePropagator, TextMapPropagator,
};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};

static PROPAGATOR: LazyLock<TextMapCompositePropagator> = LazyLock::new(|| {
    TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ])
});

/// The context that a caller sent; empty when it sent none or one that is malformed.
pub(crate) fn extract(metadata: &MetadataMap) -> Context {
    PROPAGATOR.extract_with_context(&Context::new(), &Reader::new(metadata))
}

/// Writes `context` for the server to be called.
pub(crate) fn inject(context: &Context, metadata: &mut MetadataMap) {
    PROPAGATOR.inject_context(context, &mut Writer(metadata));
}

/// Metadata as the propagators read it: they ask for one value per name, so
/// lists that came in several headers are joined first.
struct Reader {
    traceparent: Option<String>,
    tracestate: Option<String>,
    baggage: Option<String>,
}

impl Reader {
    fn new(metadata: &MetadataMap) -> Self {
        Self {
            traceparent: single(metadata, "traceparent"),
            tracestate: joined(metadata, "tracestate"),
            baggage: joined(metadata, "baggage"),
        }
    }
}

/// The only value of `name`: a second traceparent makes both invalid.
fn single(metadata: &MetadataMap, name: &str) -> Option<String> {
    let mut values = metadata.get_all(name).iter();
    let first = values.next()?.to_str().ok()?.to_owned();
    values.next().is_none().then_some(first)
}

fn joined(metadata: &MetadataMap, name: &str) -> Option<String> {
    let values: Vec<&str> = metadata
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

impl Extractor for Reader {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.traceparent.as_deref(),
            "tracestate" => self.tracestate.as_deref(),
            "baggage" => self.baggage.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate", "baggage"]
    }
}

struct Writer<'a>(&'a mut MetadataMap);

impl Injector for Writer<'_> {
    fn set(&mut self, key: &str, value: String) {
        let (Ok(key), Ok(value)) = (
            MetadataKey::from_bytes(key.as_bytes()),
            MetadataValue::try_from(value),
        ) else {
            return;
        };
        if !value.is_empty() {
            self.0.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests;
