//! An estimate of the memory that a span takes.

use std::mem::size_of;

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};

/// The bytes of `received`, without its resource and scope.
pub(super) fn of_span(received: &ReceivedSpan) -> usize {
    let span = &received.span;
    let ids = span.trace_id.len() + span.span_id.len() + span.parent_span_id.len();
    let message = span.status.as_ref().map_or(0, |it| it.message.len());
    let events = span.events.iter().map(of_event);
    let links = span.links.iter().map(of_link);
    let parts = of_attributes(&span.attributes) + events.sum::<usize>() + links.sum::<usize>();
    let texts = ids + message + span.name.len() + span.trace_state.len();
    size_of::<ReceivedSpan>() + texts + parts
}

/// The bytes of the resource and the scope of `received`.
pub(super) fn of_origin(received: &ReceivedSpan) -> usize {
    let scope = &received.scope;
    let texts = scope.name.len() + scope.version.len();
    texts + of_attributes(&scope.attributes) + of_attributes(&received.resource)
}

fn of_event(event: &Event) -> usize {
    size_of::<Event>() + event.name.len() + of_attributes(&event.attributes)
}

fn of_link(link: &Link) -> usize {
    let texts = link.trace_id.len() + link.span_id.len() + link.trace_state.len();
    size_of::<Link>() + texts + of_attributes(&link.attributes)
}

fn of_attributes(attributes: &[KeyValue]) -> usize {
    let sizes = attributes.iter().map(|attribute| {
        size_of::<KeyValue>() + attribute.key.len() + of_value(attribute.value.as_ref())
    });
    sizes.sum()
}

/// What is outside of the value itself. Decoders bound how deep values are nested.
fn of_value(value: Option<&AnyValue>) -> usize {
    match value.and_then(|it| it.value.as_ref()) {
        Some(Value::StringValue(text)) => text.len(),
        Some(Value::BytesValue(bytes)) => bytes.len(),
        Some(Value::KvlistValue(list)) => of_attributes(&list.values),
        Some(Value::ArrayValue(array)) => {
            let sizes = array.values.iter();
            sizes
                .map(|it| size_of::<AnyValue>() + of_value(Some(it)))
                .sum()
        }
        _ => 0,
    }
}
