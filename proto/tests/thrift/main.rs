//! `thrift/user.thrift`: the same contract as `user/v1/user.proto`, and that of the clients that
//! were generated before it had all calls.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod correspondence;
mod generated;
mod idl;
