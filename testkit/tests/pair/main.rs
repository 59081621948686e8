//! The pair as its users run it: two processes, real stores, and what came over
//! the wire. One module for each concern.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod environment;
mod keep;
mod malformed_streams;
mod propagation;
mod stream_calls;
mod support;
mod trace;
