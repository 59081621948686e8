//! Who gets in, and how far: forged tokens, other spellings of paths, every
//! method with every role, keys that change under load, and what one caller may take.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

#[path = "../faults/raw.rs"]
mod raw;

#[path = "../gateway/gateway_env.rs"]
#[expect(dead_code, reason = "the suite of the gateway uses the rest")]
mod gateway_env;

#[path = "../kitex/peer.rs"]
#[expect(dead_code, reason = "the suite of Kitex uses the rest")]
mod kitex_peer;

mod auth_env;
mod issuer;

mod claims;
mod client;
mod expiry;
mod forgeries;
mod gateway;
mod headers;
mod kitex;
mod limits;
mod paths;
mod probes;
mod roles;
mod roles_claim;
mod rotation;
mod signatures;
