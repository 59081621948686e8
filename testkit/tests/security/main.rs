//! Callers without access are rejected, and the rejection reveals nothing else.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod faulty_server;
mod secrets;
mod tls;
