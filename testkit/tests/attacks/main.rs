//! What attackers get: each abuse of HTTP/2, each limit and each family of
//! injections of docs/security.md has a test here, against the service as a
//! process. `cargo xtask chaos` runs them in their long sizes.

#![expect(
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]

mod attack_env;
mod attacker;
mod control;
mod cores;
mod raw;
mod slices;

mod bounds;
mod data;
mod floods;
mod headers;
mod hoards;
mod injection;
mod kitex;
mod limits;
mod ports;
mod secrets;
mod streams;
