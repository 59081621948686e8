//! `OTEL_*_LIMIT`: how much a span may hold.

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanLimits};

use super::Environment;

impl Environment {
    /// How many attributes, events and links a span may have.
    pub(crate) fn span_limits(&self) -> SpanLimits {
        let default = SpanLimits::default();
        let attributes = |name| {
            let own = self.number(name);
            own.or_else(|| self.number("OTEL_ATTRIBUTE_COUNT_LIMIT"))
        };
        SpanLimits {
            max_attributes_per_span: attributes("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT")
                .unwrap_or(default.max_attributes_per_span),
            max_attributes_per_event: attributes("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT")
                .unwrap_or(default.max_attributes_per_event),
            max_attributes_per_link: attributes("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT")
                .unwrap_or(default.max_attributes_per_link),
            max_events_per_span: self
                .number("OTEL_SPAN_EVENT_COUNT_LIMIT")
                .unwrap_or(default.max_events_per_span),
            max_links_per_span: self
                .number("OTEL_SPAN_LINK_COUNT_LIMIT")
                .unwrap_or(default.max_links_per_span),
        }
    }

    /// How many characters a text attribute may have; the SDK has no such limit, see [`cut_values`].
    pub(crate) fn value_length_limit(&self) -> Option<usize> {
        self.number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT")
            .or_else(|| self.number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"))
    }
}

/// Cuts all texts in the attributes of `spans`, their events and links, to `limit` characters.
pub(crate) fn cut_values(spans: &mut [SpanData], limit: usize) {
    for span in spans {
        let events = span.events.events.iter_mut();
        let links = span.links.links.iter_mut();
        let inner = events
            .map(|event| &mut event.attributes)
            .chain(links.map(|link| &mut link.attributes));
        for attributes in inner.chain([&mut span.attributes]) {
            cut_attributes(attributes, limit);
        }
    }
}

fn cut_attributes(attributes: &mut [KeyValue], limit: usize) {
    for attribute in attributes {
        match &mut attribute.value {
            Value::String(text) => cut_in_place(text, limit),
            Value::Array(Array::String(texts)) => {
                texts.iter_mut().for_each(|text| cut_in_place(text, limit));
            }
            _ => {}
        }
    }
}

fn cut_in_place(text: &mut StringValue, limit: usize) {
    let start = cut(text.as_str(), limit);
    if start.len() < text.as_str().len() {
        *text = start.to_owned().into();
    }
}

/// The first `limit` characters of `text`.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    match text.char_indices().nth(limit) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
