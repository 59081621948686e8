//! The span of each gRPC call, made by a tower layer on either side: open from
//! the request to the last trailer, whatever the shape of the call, with the
//! status that the trailers carry; a call that is abandoned ends as CANCELLED.
//!
//! The layers use the OpenTelemetry API directly: a span by way of `tracing`
//! costs several times as much, and a log filter could switch it off.

mod body;
pub(crate) mod budget;
mod call;
mod client;
mod code;
mod framing;
mod future;
mod meter;
mod request;
mod server;

pub use body::TracedBody;
pub use client::{ClientTraceLayer, ClientTraceService};
pub(crate) use code::{Side, is_error};
pub use code::{code_name, code_of};
pub use framing::Messages;
pub use future::ResponseFuture;
pub use request::MeteredBody;
pub use server::{PeerAddress, ServerTraceLayer, ServerTraceService};
