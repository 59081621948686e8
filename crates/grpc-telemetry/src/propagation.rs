//! The context on the wire: W3C Trace Context (level 2) and W3C Baggage, read from
//! and written to gRPC metadata, in the carriers that `docs/propagation.md` lists.
//!
//! The SDK's own propagators are not used: they read one header of several, refuse
//! tracestate keys and baggage values that are valid, and log what a caller sent.

mod b3;
mod baggage;
mod carrier;
mod propagator;
mod remote;
mod traceparent;
mod tracestate;
mod variables;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};

pub use self::baggage::Baggage;
pub use self::propagator::Propagator;

use self::carrier::{Carrier, KITEX, PLAIN};
use self::remote::{Received, Remote};

impl Propagator {
    /// The context that a caller sent; empty when it sent none or one that is malformed.
    pub fn extract(self, headers: &HeaderMap) -> Context {
        let context = match self.received(headers) {
            Some(received) => received.into_context(),
            None => Context::new(),
        };
        match self.received_baggage(headers) {
            Some(baggage) => context.with_value(baggage),
            None => context,
        }
    }

    /// Writes `context` for the server to be called.
    pub fn inject(self, context: &Context, headers: &mut HeaderMap) {
        let span = context.span();
        if span.span_context().is_valid() {
            self.inject_span(context, span.span_context(), headers);
        }
        let baggage = Baggage::of(context);
        if self.baggage && !baggage.is_empty() {
            self.put(headers, |carrier| &carrier.baggage, baggage.as_str());
        }
    }

    /// The caller's span: W3C takes precedence over B3, and plain headers over Kitex's.
    fn received(self, headers: &HeaderMap) -> Option<Received> {
        let w3c = || {
            let carrier = first(headers, |carrier| &carrier.traceparent)?;
            Received::from_w3c(headers, carrier)
        };
        let b3 = || {
            let carrier = first(headers, |carrier| &carrier.b3)?;
            b3::parse(headers.get(&carrier.b3)?.as_bytes())
        };
        let w3c = self.trace_context.then(w3c).flatten();
        w3c.or_else(|| self.b3.then(b3).flatten())
    }

    fn received_baggage(self, headers: &HeaderMap) -> Option<Baggage> {
        if !self.baggage {
            return None;
        }
        let carrier = first(headers, |carrier| &carrier.baggage)?;
        let baggage = Baggage::parse(carrier::values(headers, &carrier.baggage));
        (!baggage.is_empty()).then_some(baggage)
    }

    fn inject_span(self, context: &Context, span: &SpanContext, headers: &mut HeaderMap) {
        if self.b3 {
            self.put(headers, |carrier| &carrier.b3, b3::write(span).as_slice());
        }
        if !self.trace_context {
            return;
        }
        let remote = Remote::of(context, span.trace_id());
        let flags = self.flags(span, remote);
        let value = traceparent::write(span.trace_id(), span.span_id(), flags);
        self.put(headers, |carrier| &carrier.traceparent, value.as_slice());
        let kept = remote.and_then(|remote| remote.tracestate.as_deref());
        let tracestate = tracestate::write(span.trace_state(), kept);
        if !tracestate.is_empty() {
            self.put(headers, |carrier| &carrier.tracestate, tracestate);
        }
    }

    /// The flags to send. The random flag is passed on as others set it, and never set for an id of
    /// our own, though that is random: programs in Go take a traceparent with it for malformed
    /// (otel-go before 1.42), and begin another trace. So it is cleared for Kitex.
    fn flags(self, span: &SpanContext, remote: Option<&Remote>) -> TraceFlags {
        let random = match remote {
            Some(remote) => remote.random,
            None => span.is_remote() && traceparent::is_random(span.trace_flags()),
        };
        let sampled = TraceFlags::default().with_sampled(span.is_sampled());
        match random && !self.kitex {
            true => sampled | traceparent::RANDOM,
            false => sampled,
        }
    }

    fn put(
        self,
        headers: &mut HeaderMap,
        name: fn(&Carrier) -> &HeaderName,
        value: impl TryInto<HeaderValue>,
    ) {
        // What is written here is ASCII, so it always is a value.
        let Ok(value) = value.try_into() else {
            return;
        };
        if self.kitex {
            headers.insert(name(&KITEX), value.clone());
        }
        headers.insert(name(&PLAIN), value);
    }
}

/// The carrier to read: the plain one when it is there at all, even if it is malformed, so
/// that nothing between a caller and us can slip a second context past it.
fn first(headers: &HeaderMap, name: fn(&Carrier) -> &HeaderName) -> Option<&'static Carrier> {
    let carriers = match cfg!(feature = "kitex") {
        true => &[&*PLAIN, &*KITEX][..],
        false => &[&*PLAIN],
    };
    let mut carriers = carriers.iter().copied();
    // There are few headers: to look at each takes less than to hash the name.
    carriers.find(|carrier| headers.keys().any(|it| it == name(carrier)))
}

#[cfg(test)]
mod tests;
