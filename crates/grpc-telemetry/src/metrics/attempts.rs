//! The metrics of the attempts of a client's calls, as gRPC's proposal [A66] has them, under names
//! like those of the conventions for calls.
//!
//! [A66]: https://github.com/grpc/proposal/blob/master/A66-otel-stats.md

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::metrics::{BoundCounter, BoundHistogram};
use tonic::Code;

use super::calls::{BOUNDS, CODES, CallInstruments};
use crate::names;

/// The attempts of the calls of one method.
#[derive(Debug)]
pub(crate) struct AttemptMetrics {
    instruments: Arc<CallInstruments>,
    name: &'static str,
    started: BoundCounter<u64>,
    durations: [OnceLock<BoundHistogram<f64>>; CODES],
}

impl AttemptMetrics {
    /// Those of the method `name`.
    pub(crate) fn new(instruments: &Arc<CallInstruments>, name: &'static str) -> Self {
        let started = instruments
            .meter()
            .u64_counter(names::ATTEMPTS_STARTED)
            .with_unit("{attempt}")
            .with_description("Attempts started: one for each call, and one for each retry.");
        Self {
            started: started.build().bind(&instruments.labels(name)),
            instruments: Arc::clone(instruments),
            name,
            durations: Default::default(),
        }
    }

    /// An attempt begins.
    pub(crate) fn start(&self) {
        self.started.add(1);
    }

    /// An attempt has ended.
    pub(crate) fn end(&self, code: Code, took: Duration) {
        let durations = self.durations[code as usize % CODES].get_or_init(|| {
            let duration = self
                .instruments
                .meter()
                .f64_histogram(names::ATTEMPT_DURATION);
            let duration = duration
                .with_unit("s")
                .with_description("Duration of attempts, from the first byte to the last.")
                .with_boundaries(BOUNDS.to_vec());
            let labels = self.instruments.labels_of_outcome(self.name, code);
            duration.build().bind(&labels)
        });
        durations.record(took.as_secs_f64());
    }
}
