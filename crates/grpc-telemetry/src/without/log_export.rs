//! Without the feature `logs`: log records are written, and don't go by OTLP.

use std::time::Duration;

use crate::pipeline::Pipeline;

/// A layer of `tracing` that does nothing.
pub(crate) use tracing_subscriber::layer::Identity as Bridge;

/// There are none.
#[derive(Clone, Debug)]
pub(crate) struct Loggers;

impl Loggers {
    pub(crate) fn start(_: &Pipeline<'_>) -> (Self, Option<String>) {
        (Self, None)
    }

    pub(crate) fn bridge(&self, _: &Pipeline<'_>) -> Option<Bridge> {
        None
    }

    pub(crate) fn flush(&self) {}

    pub(crate) fn shutdown(&self, _: Duration) {}
}
