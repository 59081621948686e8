//! The export of spans and log records: a bounded queue, batches, an exporter, and counts of the
//! exported and lost ones. No call ever waits for any of it.

mod account;
mod console;
mod contact;
mod destination;
mod encode;
mod grpc;
#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(not(feature = "http"))]
#[path = "without/http.rs"]
pub(crate) mod http;
mod partial_success;
mod queue;
mod reporter;
mod spans;
mod worker;

#[cfg(feature = "metrics")]
pub(crate) use self::account::Counts;
pub(crate) use self::account::{Account, Accounts};
pub(crate) use self::console::ConsoleExporter;
pub(crate) use self::contact::is_any_missing;
pub(crate) use self::destination::Destination;
pub(crate) use self::partial_success::PartialSuccessLayer;
pub(crate) use self::queue::BatchLimits;
#[cfg(feature = "logs")]
pub(crate) use self::queue::{FLUSH_LIMIT, Queue, limited};
#[cfg(any(feature = "logs", feature = "metrics"))]
pub(crate) use self::reporter::Reporter;
pub(crate) use self::spans::SpanQueue;

#[cfg(all(test, feature = "logs", feature = "receiver"))]
mod tests;
