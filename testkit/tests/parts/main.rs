//! The testkit's own parts, where a mistake in them would make other tests lie.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod databases;
mod house_rules;
mod process;
mod proxy;
mod servers;
