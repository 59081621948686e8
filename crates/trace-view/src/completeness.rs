//! Whether a trace is all there: what [`missing_spans`] of it is not.

use std::collections::HashSet;

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry::{SpanId, TraceId};

use crate::span::{Kind, Span, spans};

/// A call that was made, and whose spans are to be expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TracedCall {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its CLIENT span.
    pub span_id: SpanId,
    /// Whether the span is recorded at all.
    pub sampled: bool,
    /// Whether the service responded, with success or not.
    pub answered: bool,
    /// The span of another program in which this one was started; it is not waited for.
    pub started_in: Option<SpanId>,
}

/// A span that a trace lacks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MissingSpan {
    /// The CLIENT span of a call.
    Client(SpanId),
    /// The SERVER span of a call that got a response.
    Server {
        /// The call's CLIENT span.
        call: SpanId,
        /// The method that was called.
        name: String,
    },
    /// The parent of a span that was received.
    Parent {
        /// The id of the parent.
        id: SpanId,
        /// The service of the received span.
        service: String,
        /// The name of the received span.
        name: String,
    },
}

/// The status of a call that may have got no response.
const UNANSWERED: [&str; 3] = ["CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE"];

/// What is missing from `spans`, given the `calls` that were made. A call
/// that never reached the service has no SERVER span to wait for.
pub fn missing_spans(spans: &[Span], calls: &[TracedCall]) -> Vec<MissingSpan> {
    let traces: HashSet<_> = calls.iter().map(|call| call.trace_id).collect();
    let ours: Vec<&Span> = spans
        .iter()
        .filter(|span| traces.contains(&span.trace_id))
        .collect();
    let present: HashSet<_> = ours.iter().map(|span| (span.trace_id, span.id)).collect();
    let served: HashSet<_> = ours
        .iter()
        .filter(|span| span.kind == Kind::Server)
        .filter_map(|span| Some((span.trace_id, span.parent?)))
        .collect();

    let mut missing = Vec::new();
    for call in calls.iter().filter(|call| call.sampled) {
        let key = (call.trace_id, call.span_id);
        if !present.contains(&key) {
            missing.push(MissingSpan::Client(call.span_id));
        } else if call.answered && !served.contains(&key) {
            missing.push(unserved(call, &ours));
        }
    }
    let told = missing.iter().filter_map(|each| match each {
        MissingSpan::Client(id) => Some(*id),
        _ => None,
    });
    let outside = calls.iter().filter_map(|call| call.started_in);
    let told = told.chain(outside).collect();
    missing.extend(absent_parents(&ours, &present, told));
    missing
}

/// The calls that the CLIENT spans among `spans` are of. One that ended with CANCELLED,
/// DEADLINE_EXCEEDED or UNAVAILABLE counts as unanswered: it may never have reached its service.
pub fn traced_calls(spans: &[Span]) -> Vec<TracedCall> {
    let made = spans
        .iter()
        .filter(|span| span.rpc && span.kind == Kind::Client);
    made.map(|span| TracedCall {
        trace_id: span.trace_id,
        span_id: span.id,
        sampled: true,
        answered: !span
            .code
            .as_deref()
            .is_some_and(|code| UNANSWERED.contains(&code)),
        started_in: None,
    })
    .collect()
}

/// Whether a trace lacks no span, as far as its own spans tell.
pub fn is_complete(received: &[ReceivedSpan]) -> bool {
    let spans = spans(received);
    missing_spans(&spans, &traced_calls(&spans)).is_empty()
}

fn unserved(call: &TracedCall, ours: &[&Span]) -> MissingSpan {
    let span = ours.iter().find(|span| span.id == call.span_id);
    MissingSpan::Server {
        call: call.span_id,
        name: span.map_or_else(String::new, |span| span.name.clone()),
    }
}

/// Each parent that isn't there, once, unless it is among those that were reported.
fn absent_parents(
    ours: &[&Span],
    present: &HashSet<(TraceId, SpanId)>,
    mut told: HashSet<SpanId>,
) -> Vec<MissingSpan> {
    let mut missing = Vec::new();
    for span in ours {
        let Some(parent) = span.parent else { continue };
        if !present.contains(&(span.trace_id, parent)) && told.insert(parent) {
            missing.push(MissingSpan::Parent {
                id: parent,
                service: span.service.clone(),
                name: span.name.clone(),
            });
        }
    }
    missing
}

#[cfg(test)]
mod tests;
