//! A trace in a list.

use std::collections::BTreeSet;

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry::TraceId;

use super::filter::{duration, is_error};

/// What a list says of a trace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Summary {
    /// The trace.
    pub id: TraceId,
    /// The service of its root, or of its first span.
    pub service: String,
    /// The name of its root, or of its first span.
    pub name: String,
    /// When its first span began, in Unix nanoseconds.
    pub start: u64,
    /// From there to the end of its last span, in nanoseconds.
    pub duration: u64,
    /// How many spans have arrived.
    pub spans: usize,
    /// How many services they are of.
    pub services: usize,
    /// How many of them failed.
    pub errors: usize,
}

/// The traces that match a filter.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The first of them, the one with the youngest last span first.
    pub summaries: Vec<Summary>,
    /// How many more there are.
    pub more: usize,
}

impl Summary {
    /// That of `spans`, which are all of the trace `id`.
    pub(super) fn of(id: TraceId, spans: &[ReceivedSpan]) -> Self {
        let first = spans.iter().min_by_key(|it| {
            let is_child = !it.span.parent_span_id.is_empty();
            (is_child, it.span.start_time_unix_nano)
        });
        let services: BTreeSet<&str> = spans.iter().map(|it| it.service_name()).collect();
        let starts = spans.iter().map(|it| it.span.start_time_unix_nano);
        Self {
            id,
            service: first.map_or("", |it| it.service_name()).to_owned(),
            name: first.map_or("", |it| &it.span.name).to_owned(),
            start: starts.min().unwrap_or(0),
            duration: duration(spans),
            spans: spans.len(),
            services: services.len(),
            errors: spans.iter().filter(|it| is_error(it)).count(),
        }
    }
}
