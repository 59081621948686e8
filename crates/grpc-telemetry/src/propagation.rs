//! The context on the wire: W3C Trace Context (level 2) and W3C Baggage, read from
//! and written to gRPC metadata, in the carriers that `docs/propagation.md` lists.
//!
//! The SDK's own propagators are not used: they read one header of several, refuse
//! tracestate keys and baggage values that are valid, and log what a caller sent.

mod b3;
mod baggage;
mod carrier;
mod formats;
mod percent;
mod remote;
mod traceparent;
mod tracestate;

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};
use tonic::metadata::{Ascii, AsciiMetadataKey, MetadataMap, MetadataValue};

pub use self::baggage::Baggage;
pub(crate) use self::formats::Formats;
pub(crate) use self::percent::decode as percent_decode;

use crate::environment::Environment;

use self::carrier::{Carrier, KITEX, PLAIN};
use self::remote::{Received, Remote};

static FORMATS: LazyLock<Formats> = LazyLock::new(|| Environment::of_process().formats());

/// The context that a caller sent; empty when it sent none or one that is malformed.
pub(crate) fn extract(metadata: &MetadataMap) -> Context {
    FORMATS.extract(metadata)
}

/// Writes `context` for the server to be called.
pub(crate) fn inject(context: &Context, metadata: &mut MetadataMap) {
    FORMATS.inject(context, metadata);
}

impl Formats {
    fn extract(self, metadata: &MetadataMap) -> Context {
        let context = match self.received(metadata) {
            Some(received) => received.into_context(),
            None => Context::new(),
        };
        match self.baggage(metadata) {
            Some(baggage) => context.with_value(baggage),
            None => context,
        }
    }

    /// The caller's span: W3C goes before B3, and in each the plain header before Kitex's.
    fn received(self, metadata: &MetadataMap) -> Option<Received> {
        let w3c = || {
            let carrier = first(metadata, |carrier| &carrier.traceparent)?;
            Received::from_w3c(metadata, carrier)
        };
        let b3 = || {
            let carrier = first(metadata, |carrier| &carrier.b3)?;
            b3::parse(metadata.get(&carrier.b3)?.as_encoded_bytes())
        };
        let w3c = self.trace_context.then(w3c).flatten();
        w3c.or_else(|| self.b3.then(b3).flatten())
    }

    fn baggage(self, metadata: &MetadataMap) -> Option<Baggage> {
        if !self.baggage {
            return None;
        }
        let carrier = first(metadata, |carrier| &carrier.baggage)?;
        let baggage = Baggage::parse(carrier::values(metadata, &carrier.baggage));
        (!baggage.is_empty()).then_some(baggage)
    }

    fn inject(self, context: &Context, metadata: &mut MetadataMap) {
        let span = context.span();
        if span.span_context().is_valid() {
            self.inject_span(context, span.span_context(), metadata);
        }
        let baggage = Baggage::of(context);
        if self.baggage && !baggage.is_empty() {
            self.put(metadata, |carrier| &carrier.baggage, baggage.as_str());
        }
    }

    fn inject_span(self, context: &Context, span: &SpanContext, metadata: &mut MetadataMap) {
        if self.b3 {
            self.put(metadata, |carrier| &carrier.b3, &b3::write(span));
        }
        if !self.trace_context {
            return;
        }
        let remote = Remote::of(context, span.trace_id());
        let flags = flags(span, remote);
        let value = traceparent::write(span.trace_id(), span.span_id(), flags);
        self.put(metadata, |carrier| &carrier.traceparent, &value);
        let kept = remote.and_then(|remote| remote.tracestate.as_deref());
        let tracestate = tracestate::write(span.trace_state(), kept);
        if !tracestate.is_empty() {
            self.put(metadata, |carrier| &carrier.tracestate, tracestate);
        }
    }

    fn put(
        self,
        metadata: &mut MetadataMap,
        name: fn(&Carrier) -> &AsciiMetadataKey,
        value: impl TryInto<MetadataValue<Ascii>>,
    ) {
        // What is written here is ASCII, so it always is a value.
        let Ok(value) = value.try_into() else {
            return;
        };
        if self.kitex {
            metadata.insert(name(&KITEX), value.clone());
        }
        metadata.insert(name(&PLAIN), value);
    }
}

/// The carrier to read: the plain one when it is there at all, even if it is malformed, so
/// that nothing between a caller and us can slip a second context past it.
fn first(
    metadata: &MetadataMap,
    name: fn(&Carrier) -> &AsciiMetadataKey,
) -> Option<&'static Carrier> {
    [&*PLAIN, &*KITEX]
        .into_iter()
        .find(|carrier| metadata.contains_key(name(carrier)))
}

/// The flags to send. The ids that we make are random; for those of others, they know.
fn flags(span: &SpanContext, remote: Option<&Remote>) -> TraceFlags {
    let random = match remote {
        Some(remote) => remote.random,
        None => !span.is_remote() || traceparent::is_random(span.trace_flags()),
    };
    let sampled = TraceFlags::default().with_sampled(span.is_sampled());
    match random {
        true => sampled | traceparent::RANDOM,
        false => sampled,
    }
}

#[cfg(test)]
mod tests;
