//! user-service: a traced gRPC service for users.
//!
//! A request passes these rooms in this order and comes back the same way:
//! [`server`] (connections), [`transport`] (tower layers), [`grpc`] (convert
//! in, call, convert out), [`domain`] (rules), [`repository`] and [`cache`]
//! (stores). [`app`] puts them together and alone knows them all.

pub mod app;
mod batcher;
pub mod cache;
pub mod config;
pub mod domain;
pub mod grpc;
pub mod http;
mod metrics;
pub mod readiness;
pub mod registration;
pub mod repository;
pub mod secret;
pub mod server;
pub mod signals;
pub mod status;
pub mod transport;

/// What `--version` shows and telemetry carries: what the build was told
/// (`git describe` in the Dockerfile), else the version of the package.
pub const VERSION: &str = match option_env!("BUILD_VERSION") {
    Some(version) if !version.is_empty() => version,
    _ => env!("CARGO_PKG_VERSION"),
};
