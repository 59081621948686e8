//! A gRPC service over HTTP with JSON, as `google.api.http` in its descriptors says.
//! Knows nothing of users.
//!
//! In reading order: a [`Gateway`] is a service of HTTP, to be served by
//! [`grpc_server::Server::serve_web`]; it makes a call of gRPC of each request, by a
//! [`grpc_channel::Channel`]. [`Routes`] are the rules of all methods; a [`Route`] makes the
//! fields of a request message from a path and a query.

#![cfg_attr(
    test,
    expect(
        clippy::panic,
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod calls;
mod codec;
mod cors;
mod documents;
mod encoding;
mod error;
mod fields;
mod gateway;
mod headers;
mod json;
mod messages;
mod metadata;
pub mod names;
mod openapi;
mod query;
mod request_body;
mod routes;
mod rows;
mod rpc;
mod telemetry;
#[cfg(test)]
mod testing;
mod web_text;

pub use self::fields::InvalidField;
pub use self::gateway::{Gateway, GatewayError, Settings};
pub use self::routes::{Body, InvalidRule, Lookup, Route, Routes};
