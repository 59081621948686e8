//! What a bar opens: all that a span says of itself.

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use serde_json::Value;

use super::html;
use crate::expectation::value;
use crate::span::{Span, span_id, trace_id};
use crate::waterfall::human;

/// The most events, links and attributes of one list that are shown.
const MOST: usize = 200;

/// The HTML of a span, in a trace that began at `start`.
pub(super) fn of(received: &ReceivedSpan, start: u64) -> String {
    let mut html = facts(received, start);
    html.push_str(&attributes("Attributes", &received.span.attributes));
    let events = received.span.events.iter().take(MOST);
    html.extend(events.map(|it| event(it, start)));
    let links = received.span.links.iter().take(MOST);
    html.extend(links.map(link));
    html.push_str(&attributes("Resource", &received.resource));
    html
}

fn facts(received: &ReceivedSpan, start: u64) -> String {
    let span = &received.span;
    let mut facts = String::new();
    if let Some(shown) = Span::from_otlp(received) {
        facts.push_str(&row("span", &shown.id.to_string()));
        let began = human(shown.start.saturating_sub(start));
        facts.push_str(&row("began after", &began));
        facts.push_str(&row("took", &human(shown.duration())));
    }
    if let Some(status) = &span.status {
        facts.push_str(&row("status", status.code().as_str_name()));
        if !status.message.is_empty() {
            facts.push_str(&row("status message", &status.message));
        }
    }
    if !span.trace_state.is_empty() {
        facts.push_str(&row("tracestate", &span.trace_state));
    }
    let scope = format!("{} {}", received.scope.name, received.scope.version);
    if !scope.trim().is_empty() {
        facts.push_str(&row("scope", scope.trim()));
    }
    format!("<table><tbody>{facts}</tbody></table>")
}

fn event(event: &Event, start: u64) -> String {
    let after = human(event.time_unix_nano.saturating_sub(start));
    let title = format!("Event {} after {after}", event.name);
    attributes(&title, &event.attributes)
}

fn link(link: &Link) -> String {
    let ids = (trace_id(&link.trace_id), span_id(&link.span_id));
    let (Some(trace), Some(span)) = ids else {
        return String::new();
    };
    let attributes = attributes("", &link.attributes);
    format!("<p>Link to <a href=\"/trace/{trace}\">{trace}</a>, span {span}</p>{attributes}")
}

/// A table with a title; nothing if it has neither.
fn attributes(title: &str, attributes: &[KeyValue]) -> String {
    if title.is_empty() && attributes.is_empty() {
        return String::new();
    }
    let rows = attributes.iter().take(MOST);
    let rows: String = rows
        .map(|it| row(&it.key, &shown(value(it.value.as_ref()))))
        .collect();
    let title = html::text(title);
    format!(
        "<table><thead><tr><th colspan=\"2\">{title}</th></tr></thead><tbody>{rows}</tbody></table>"
    )
}

/// Text without quotes, anything else as JSON.
fn shown(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn row(key: &str, value: &str) -> String {
    format!(
        "<tr><td class=\"quiet\">{}</td><td>{}</td></tr>",
        html::text(key),
        html::text(value)
    )
}
