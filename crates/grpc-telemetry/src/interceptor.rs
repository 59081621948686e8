//! The tonic interceptors of both sides: they carry the context over the wire,
//! and the layers in [`rpc`](crate::rpc) use what they put into the extensions.

use std::sync::Arc;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, Key, KeyValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::propagation::{self, Baggage};

/// The longest value of baggage that a span takes over, in bytes: callers choose it.
const MAX_VALUE_LENGTH: usize = 256;

/// Whether the trace of a caller is continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is, and with it the caller's decision whether it is sampled.
    Always,
    /// A new trace starts, with a link to the caller's.
    Never,
}

/// Server side: reads the caller's context. A malformed one is as good as none.
#[derive(Clone, Debug)]
pub struct Extract {
    trust: Trust,
    span_attributes: Arc<[Key]>,
}

impl Extract {
    /// Callers are trusted as `trust` says. Of their baggage, the members named in
    /// `span_attributes` become attributes of the call's span.
    pub fn new(trust: Trust, span_attributes: impl IntoIterator<Item = String>) -> Self {
        let shared = |name: String| Key::from(Arc::<str>::from(name));
        Self {
            trust,
            span_attributes: span_attributes.into_iter().map(shared).collect(),
        }
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

impl Interceptor for Extract {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let received = propagation::extract(request.metadata());
        request.extensions_mut().insert(self.incoming(received));
        Ok(request)
    }
}

/// What came with a request, in its extensions.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    /// The parent of the call's span, and the baggage.
    pub(crate) parent: Context,
    /// The caller's span, when it is not the parent.
    pub(crate) link: Option<SpanContext>,
    /// What the span says of the baggage.
    pub(crate) attributes: Vec<KeyValue>,
}

/// Client side: writes the context of the CLIENT span, which is the current one
/// when this runs inside [`ClientTraceLayer`](crate::rpc::ClientTraceLayer).
///
/// # Errors
/// Never; the type is the one that tonic asks for.
pub fn inject(mut request: Request<()>) -> Result<Request<()>, Status> {
    Context::map_current(|context| propagation::inject(context, request.metadata_mut()));
    Ok(request)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn incoming(trust: Trust, baggage: &str) -> Incoming {
        let mut request = Request::new(());
        let metadata = request.metadata_mut();
        metadata.insert("traceparent", TRACEPARENT.parse().unwrap());
        metadata.insert("baggage", baggage.parse().unwrap());
        let names = ["workflow.name".to_owned(), "absent".to_owned()];
        let request = Extract::new(trust, names).call(request).unwrap();
        request.extensions().get::<Incoming>().unwrap().clone()
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
