//! Who doesn't belong stays outside, and hears no more than that.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

#[path = "../faults/load.rs"]
#[allow(dead_code, reason = "not all of it is needed here")]
mod load;
#[path = "../faults/support.rs"]
#[allow(dead_code, reason = "not all of it is needed here")]
mod support;

mod tls;
