//! Without the feature `metrics`: calls and statements are not counted.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanContext;
use tonic::Code;

use crate::pipeline::Pipeline;
use crate::rpc::{Counts, Settings, Side, System};
use crate::store::{Failure, Operation, Store};

/// There are none.
#[derive(Clone, Debug)]
pub(crate) struct Meters;

impl Meters {
    pub(crate) fn start(_: &Pipeline<'_>) -> (Self, Option<String>) {
        (Self, None)
    }

    pub(crate) fn shutdown(&self, _: Duration) {}
}

#[derive(Debug)]
pub(crate) struct CallInstruments;

impl CallInstruments {
    pub(crate) fn new(_: Side, _: System, _: Settings, _: &[KeyValue]) -> Self {
        Self
    }
}

#[derive(Debug)]
pub(crate) struct CallMetrics;

impl CallMetrics {
    pub(crate) fn new(_: &Arc<CallInstruments>, _: &'static str, _: bool) -> Self {
        Self
    }

    pub(crate) fn start(&self, _: Instant) {}

    pub(crate) fn end(
        &self,
        _: Code,
        _: Duration,
        _: SystemTime,
        _: (&Counts, &Counts),
        _: &SpanContext,
    ) {
    }
}

#[derive(Debug)]
pub(crate) struct AttemptMetrics;

impl AttemptMetrics {
    pub(crate) fn new(_: &Arc<CallInstruments>, _: &'static str) -> Self {
        Self
    }

    pub(crate) fn start(&self) {}

    pub(crate) fn end(&self, _: Code, _: Duration) {}
}

#[derive(Debug)]
pub(crate) struct StoreDurations;

impl StoreDurations {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn record(&self, _: &Store, _: Operation, _: Duration, _: Option<Failure>) {}
}
