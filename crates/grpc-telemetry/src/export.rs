//! The export of spans and log records: a bounded queue, batches, an exporter, and counts of the
//! exported and lost ones. No call ever waits for any of it.

mod account;
mod attempt;
mod collector_state;
mod connection;
mod console;
mod destination;
mod encode;
mod flushes;
mod gathering;
mod grpc;
#[cfg(feature = "http")]
mod http;
#[cfg(not(feature = "http"))]
#[path = "without/http.rs"]
mod http;
mod limits;
mod reporter;
mod retry;
mod sender;
mod span_worker;
mod spans;
mod tls;
mod transport;

#[cfg(feature = "metrics")]
pub(crate) use self::account::Counts;
pub(crate) use self::account::{Account, Accounts};
pub(crate) use self::collector_state::is_any_missing;
pub(crate) use self::console::ConsoleExporter;
pub(crate) use self::destination::Destination;
pub(crate) use self::encode::{EncodedScope, EncodedSpan, Encoder, SpanHead, SpanTail};
pub(crate) use self::flushes::FLUSH_LIMIT;
#[cfg(feature = "logs")]
pub(crate) use self::flushes::{FlushInbox, Flushes};
pub(crate) use self::limits::BatchLimits;
#[cfg(feature = "logs")]
pub(crate) use self::limits::Exported;
#[cfg(any(feature = "logs", feature = "metrics"))]
pub(crate) use self::reporter::Reporter;
#[cfg(any(feature = "logs", feature = "metrics"))]
pub(crate) use self::sender::Sender;
pub(crate) use self::spans::SpanQueue;
pub(crate) use self::transport::BuildError;

const USER_AGENT: &str = concat!("telemetry/", env!("CARGO_PKG_VERSION"));

#[cfg(all(test, feature = "logs", feature = "receiver"))]
mod tests;
