//! Whether a trace is all there.

use std::collections::HashSet;

use opentelemetry::{SpanId, TraceId};

use super::span::{Kind, Span};
use crate::client::journal::Call;

/// What a trace still lacks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Missing {
    /// A CLIENT span of this program.
    Client(SpanId),
    /// The SERVER span of a call that was answered.
    Server {
        /// The call's CLIENT span.
        call: SpanId,
        /// The method that was called.
        name: String,
    },
    /// The parent of a span that is there.
    Parent {
        /// The id of the parent.
        id: SpanId,
        /// The service of the span that is there.
        service: String,
        /// The name of the span that is there.
        name: String,
    },
}

/// How a call ends that perhaps nobody answered.
const UNANSWERED: [&str; 3] = ["CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE"];

/// What is missing from `spans`, given the `calls` that were made. A call
/// that never reached the service has no SERVER span to wait for.
pub fn missing(spans: &[Span], calls: &[Call]) -> Vec<Missing> {
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
            missing.push(Missing::Client(call.span_id));
        } else if call.answered && !served.contains(&key) {
            missing.push(unserved(call, &ours));
        }
    }
    let told = missing
        .iter()
        .filter_map(|each| match each {
            Missing::Client(id) => Some(*id),
            _ => None,
        })
        .collect();
    missing.extend(absent_parents(&ours, &present, told));
    missing
}

/// The calls that `spans` tell of, where it isn't this run that made them. One that
/// ended with any of `UNANSWERED` may never have reached its service.
pub fn calls(spans: &[Span]) -> Vec<Call> {
    let made = spans
        .iter()
        .filter(|span| span.rpc && span.kind == Kind::Client);
    made.map(|span| Call {
        trace_id: span.trace_id,
        span_id: span.id,
        sampled: true,
        answered: !span
            .code
            .as_deref()
            .is_some_and(|code| UNANSWERED.contains(&code)),
    })
    .collect()
}

fn unserved(call: &Call, ours: &[&Span]) -> Missing {
    let span = ours.iter().find(|span| span.id == call.span_id);
    Missing::Server {
        call: call.span_id,
        name: span.map_or_else(String::new, |span| span.name.clone()),
    }
}

/// Each parent that isn't there, once, unless it was `told` already.
fn absent_parents(
    ours: &[&Span],
    present: &HashSet<(TraceId, SpanId)>,
    mut told: HashSet<SpanId>,
) -> Vec<Missing> {
    let mut missing = Vec::new();
    for span in ours {
        let Some(parent) = span.parent else { continue };
        if !present.contains(&(span.trace_id, parent)) && told.insert(parent) {
            missing.push(Missing::Parent {
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
