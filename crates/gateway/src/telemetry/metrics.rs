//! The metrics of requests.

use std::time::Duration;

use opentelemetry::global;
use opentelemetry::metrics::{Histogram, UpDownCounter};

use super::attributes::{Labels, Outcome};
use crate::names;

/// Seconds, as the conventions have them.
const BOUNDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// The instruments.
#[derive(Debug)]
pub(super) struct Metrics {
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let meter = global::meter(names::SCOPE);
        let duration = meter
            .f64_histogram(names::REQUEST_DURATION)
            .with_unit("s")
            .with_description(
                "How long requests took, from the head to the last byte of the response.",
            )
            .with_boundaries(BOUNDS.to_vec())
            .build();
        let active = meter
            .i64_up_down_counter(names::ACTIVE_REQUESTS)
            .with_unit("{request}")
            .with_description("Requests in flight, open streams among them.")
            .build();
        Self { duration, active }
    }

    /// A request begins.
    pub(super) fn start(&self, labels: &Labels) {
        self.active.add(1, &labels.of_active());
    }

    /// A request has ended.
    pub(super) fn end(&self, labels: &Labels, outcome: Outcome, took: Duration) {
        self.active.add(-1, &labels.of_active());
        self.duration
            .record(took.as_secs_f64(), &labels.of_ended(outcome));
    }
}
