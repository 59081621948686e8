//! What a server takes over of the context that a caller sent.

use std::sync::Arc;

use http::HeaderMap;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, Key, KeyValue};

use crate::head_sampling::Unsampled;
use crate::propagation::{Baggage, Propagator};

/// The longest value of baggage that a span takes over, in bytes: callers choose it.
const MAX_VALUE_LENGTH: usize = 256;

/// The header with the name of the calling service, by Kitex.
pub(super) const CALLER: &str = "source-service";

/// Whether the trace of a caller is continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is, and with it the caller's decision whether it is sampled.
    Always,
    /// A new trace starts, with a link to the caller's.
    Never,
}

/// Reads the caller's context. A malformed one is as good as none.
#[derive(Clone, Debug)]
pub(super) struct Extract {
    pub(super) propagator: Propagator,
    pub(super) trust: Trust,
    span_attributes: Arc<[Key]>,
}

impl Extract {
    /// All callers are trusted, and spans show nothing of their baggage.
    pub(super) fn new(propagator: Propagator) -> Self {
        Self {
            propagator,
            trust: Trust::Always,
            span_attributes: Arc::new([]),
        }
    }

    /// The members of baggage named in `names` become attributes of the call's span.
    pub(super) fn set_span_attributes(&mut self, names: impl IntoIterator<Item = String>) {
        let shared = |name: String| Key::from(Arc::<str>::from(name));
        self.span_attributes = names.into_iter().map(shared).collect();
    }

    /// What came with `headers`.
    pub(super) fn read(&self, headers: &HeaderMap) -> Incoming {
        let received = self.propagator.extract(headers);
        if self.propagator.kitex && is_unsampled(headers, &received) {
            return self.incoming(received.with_value(Unsampled));
        }
        self.incoming(received)
    }

    fn incoming(&self, received: Context) -> Incoming {
        let attributes = self.attributes(Baggage::of(&received));
        match self.trust {
            Trust::Always => Incoming {
                parent: received,
                link: None,
                attributes,
            },
            Trust::Never => Incoming {
                parent: Context::new().with_value(Baggage::of(&received).clone()),
                link: Some(received.span().span_context().clone()).filter(SpanContext::is_valid),
                attributes,
            },
        }
    }

    fn attributes(&self, baggage: &Baggage) -> Vec<KeyValue> {
        if baggage.is_empty() {
            return Vec::new();
        }
        let attribute = |name: &Key| {
            let value = baggage.get(name.as_str())?;
            let end = value.floor_char_boundary(MAX_VALUE_LENGTH);
            Some(KeyValue::new(name.clone(), value[..end].to_owned()))
        };
        self.span_attributes.iter().filter_map(attribute).collect()
    }
}

/// Whether a Kitex client made the call for a trace that it doesn't sample. It sends its name,
/// and a context only if that is sampled.
fn is_unsampled(headers: &HeaderMap, received: &Context) -> bool {
    headers.contains_key(CALLER) && !received.span().span_context().is_valid()
}

/// What came with a request.
#[derive(Debug)]
pub(super) struct Incoming {
    /// The parent of the call's span, and the baggage.
    pub(super) parent: Context,
    /// The caller's span, when it is not the parent.
    pub(super) link: Option<SpanContext>,
    /// What the span says of the baggage.
    pub(super) attributes: Vec<KeyValue>,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use http::HeaderName;

    use super::*;

    const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn incoming(trust: Trust, baggage: &str) -> Incoming {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", TRACEPARENT.parse().unwrap());
        headers.insert("baggage", baggage.parse().unwrap());
        let mut extract = Extract::new(Propagator::DEFAULT);
        extract.trust = trust;
        extract.set_span_attributes(["workflow.name".to_owned(), "absent".to_owned()]);
        extract.read(&headers)
    }

    #[test]
    fn a_kitex_client_without_a_context_does_not_sample() {
        let is_unsampled = |kitex, trust, headers: &[(&'static str, &str)]| {
            let mut extract = Extract::new(Propagator {
                kitex,
                ..Propagator::DEFAULT
            });
            extract.trust = trust;
            let header = |(name, value): &(&'static str, &str)| {
                (HeaderName::from_static(name), value.parse().unwrap())
            };
            let incoming = extract.read(&headers.iter().map(header).collect());
            incoming.parent.get::<Unsampled>().is_some()
        };
        let shop = ("source-service", "shop");
        assert!(is_unsampled(true, Trust::Always, &[shop]));
        assert!(!is_unsampled(true, Trust::Never, &[shop]));
        assert!(!is_unsampled(true, Trust::Always, &[]));
        assert!(!is_unsampled(false, Trust::Always, &[shop]));
        let traced = [shop, ("traceparent", TRACEPARENT)];
        assert!(!is_unsampled(true, Trust::Always, &traced));
    }

    #[test]
    fn a_trusted_caller_is_the_parent() {
        let incoming = incoming(Trust::Always, "a=1");
        assert!(incoming.parent.span().span_context().is_remote());
        assert!(incoming.link.is_none());
    }

    #[test]
    fn an_untrusted_caller_is_linked_and_its_baggage_goes_on() {
        let incoming = incoming(Trust::Never, "a=1");
        assert!(!incoming.parent.span().span_context().is_valid());
        let link = incoming.link.unwrap();
        assert_eq!(link.span_id().to_string(), "00f067aa0ba902b7");
        assert_eq!(Baggage::of(&incoming.parent).get("a").as_deref(), Some("1"));
    }

    #[test]
    fn only_the_members_named_become_attributes_and_only_a_bounded_part_of_them() {
        let long = "x".repeat(1000);
        let baggage = format!("workflow.name={long},email=ada@example.com");
        let attributes = incoming(Trust::Always, &baggage).attributes;
        let expected = KeyValue::new("workflow.name", "x".repeat(256));
        assert_eq!(attributes, [expected]);
    }
}
