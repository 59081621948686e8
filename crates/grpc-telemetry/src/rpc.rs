//! The span of each gRPC call, made by a tower layer on either side: open from
//! the request to the last trailer, whatever the shape of the call, with the
//! status that the trailers carry; a call that is abandoned ends as CANCELLED, or as
//! DEADLINE_EXCEEDED at its deadline.
//!
//! The layers use the OpenTelemetry API directly: a span by way of `tracing`
//! costs several times as much, and a log filter could switch it off.

mod attempts;
mod body;
pub(crate) mod budget;
mod call;
mod call_state;
mod callers;
mod client;
mod code;
mod descriptors;
mod framing;
mod future;
mod incoming;
mod meter;
mod methods;
mod peer;
mod request;
mod server;
mod settings;
mod system;
mod timeout;
mod undescribed;

pub use attempts::Attempts;
pub use body::TracedBody;
pub use client::{ClientTraceLayer, ClientTraceService};
pub(crate) use code::Side;
#[cfg(feature = "metrics")]
pub(crate) use code::is_error;
pub use code::{code_name, code_of};
pub use descriptors::DescriptorError;
pub(crate) use descriptors::methods;
pub use framing::Messages;
pub use future::ResponseFuture;
pub use grpc_common::NotGrpc;
pub use incoming::Trust;
pub(crate) use meter::Counts;
pub use peer::PeerAddress;
pub use request::MeteredBody;
pub use server::{ServerTraceLayer, ServerTraceService};
pub(crate) use settings::Settings;
pub use system::KitexCall;
pub(crate) use system::System;
pub use timeout::{MalformedTimeout, read_timeout, timeout_of};
