//! The pair among programs on other implementations of gRPC, which send a frame for each
//! message: as callers of user-service, and as servers of user-client; and h2spec, which
//! tests HTTP/2 itself; and stock Kitex clients in Thrift. `cargo xtask interop` builds these programs and runs this.

#![expect(
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]

mod callers;
mod h2spec;
mod kitex;
mod peers;
mod servers;
mod table;
mod web;
