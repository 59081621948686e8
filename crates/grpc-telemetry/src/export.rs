//! The way of a span or log record out of the process: a bounded queue, batches, an
//! exporter; and an account of what became of each. No call ever waits for any of it.

mod account;
mod console;
mod destination;
mod encode;
mod grpc;
#[cfg(feature = "http")]
mod http;
mod logs;
mod otlp;
mod partial_success;
mod queue;
mod reporter;
mod spans;
mod worker;

pub(crate) use self::account::{Account, Accounts, Counts};
pub(crate) use self::console::ConsoleExporter;
pub(crate) use self::destination::Destination;
#[cfg(not(feature = "http"))]
pub(crate) use self::destination::without_http;
pub(crate) use self::logs::LogQueue;
pub(crate) use self::otlp::OtlpLogs;
pub(crate) use self::partial_success::PartialSuccessLayer;
pub(crate) use self::queue::BatchLimits;
pub(crate) use self::reporter::Reporter;
pub(crate) use self::spans::SpanQueue;

#[cfg(all(test, feature = "receiver"))]
mod tests;
