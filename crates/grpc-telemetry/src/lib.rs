//! OpenTelemetry for a tonic program: set-up, propagation, and the spans of
//! gRPC calls and of the stores behind them. Knows nothing of users.
//!
//! In reading order: [`init`] starts it, [`interceptor`] carries the context
//! over the wire, [`rpc`] makes a span of each call, [`store`] one of each
//! statement or command, [`names`] lists every name that is used.

mod began;
mod environment;
mod export;
pub mod interceptor;
mod keep;
mod logs;
mod metrics;
pub mod names;
mod pipeline;
mod propagation;
#[cfg(feature = "receiver")]
pub mod receiver;
mod resource;
pub mod rpc;
mod setup;
pub mod store;

pub use keep::RulesError;
pub use logs::{LogFormat, LogTarget};
pub use metrics::{CONTENT_TYPE, Scrape, observe_runtime};
pub use propagation::Baggage;
pub use setup::{InitError, Options, Telemetry, init, use_ring};

use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt, TraceId};

/// The id of the trace that the running code belongs to, if it belongs to one.
pub fn current_trace_id() -> Option<TraceId> {
    let context = Context::current();
    let span_context = context.span().span_context().clone();
    span_context.is_valid().then(|| span_context.trace_id())
}
