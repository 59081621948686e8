//! The way of a span out of the process: a bounded queue, batches, an exporter;
//! and an account of what became of each span. No call ever waits for any of it.

mod account;
mod console;
mod otlp;
mod partial_success;
mod queue;
mod worker;

pub use self::account::{SpanAccount, SpanCounts};
pub(crate) use self::console::ConsoleExporter;
pub(crate) use self::otlp::ReportingExporter;
pub(crate) use self::partial_success::PartialSuccessLayer;
pub(crate) use self::queue::{BatchLimits, QueueProcessor};

#[cfg(all(test, feature = "receiver"))]
mod tests;
