//! user-service for Kitex clients: what real clients sent is sent again, and what they would make of
//! the responses.

#![expect(
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]

mod calls;
mod client;
mod closing;
mod grpc;
mod grpc_streams;
mod malformed;
mod mutations;
mod peer;
mod replay;
mod stream_peer;
mod streams;
mod support;
mod thrift_client;
mod traces;
mod vectors;
