//! The files that the pair is deployed with: what has to hold of them whatever
//! tool reads them. `cargo xtask test` also gives them to the tools themselves.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod autoscaling;
mod compose;
mod dockerfile;
mod gateway;
mod manifests;
mod observability;
mod restricted;
mod support;
mod tls;
mod variables;
mod versions;
mod workflows;
