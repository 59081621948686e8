//! The gateway: user-service for every caller that speaks HTTP.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]

mod gateway_env;

mod abandoned;
mod bad_input;
mod compressed;
mod deadlines;
mod documents;
mod healthcheck;
mod routes;
mod rpc;
mod streams;
mod traces;
mod unary;
mod web_text;
