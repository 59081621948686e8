//! What callers see when a part fails: each promise of docs/reliability.md that
//! can break has a test here, in a quick size. `cargo xtask chaos` runs the same
//! tests in their long sizes and prints the figures they reach.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod raw;
mod support;

mod age;
mod attempts;
mod cache;
mod codes;
mod collector;
mod connections;
mod database;
mod deadlines;
mod discovery;
mod discovery_access;
mod disk;
mod durability;
mod interleavings;
mod nacos;
mod overload;
mod pause;
mod pool;
mod readers;
mod registries;
mod rolling;
mod shutdown;
mod small_frames;
mod soak;
mod staleness;
mod start_up;
mod world;
