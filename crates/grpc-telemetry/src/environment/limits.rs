//! `OTEL_*_LIMIT`: how much a span may hold.

use opentelemetry_sdk::trace::SpanLimits;

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

    /// How many characters a text attribute may have; the SDK has no such limit.
    pub(crate) fn value_length_limit(&self) -> Option<usize> {
        self.number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT")
            .or_else(|| self.number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"))
    }
}

/// The first `limit` characters of `text`.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    match text.char_indices().nth(limit) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
