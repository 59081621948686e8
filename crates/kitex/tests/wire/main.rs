//! The codecs against what a stock Kitex client and server sent, and against what an attacker may send.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod attacks;
mod everything;
mod exchange;
mod fields;
mod mutations;
mod outcomes;
mod round_trips;
mod truncations;
mod user;
mod vectors;
