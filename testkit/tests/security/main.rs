//! Who doesn't belong stays outside, and hears no more than that.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod liar;
mod secrets;
mod tls;
