//! user-service: a traced gRPC service for users.
//!
//! A request comes from the connections and the middleware of [`grpc_server`], passes
//! these modules in this order and comes back the same way: [`grpc`] (convert in, call,
//! convert out), [`domain`] (rules), [`repository`] and [`cache`] (stores). [`app`] puts
//! them together and alone knows them all.

pub mod app;
mod batcher;
pub mod cache;
pub mod config;
pub mod domain;
pub mod grpc;
mod metrics;
pub mod repository;
pub mod secret;
pub mod status;

/// What `--version` shows and telemetry carries: what the build was told
/// (`git describe` in the Dockerfile), else the version of the package.
pub const VERSION: &str = match option_env!("BUILD_VERSION") {
    Some(version) if !version.is_empty() => version,
    _ => env!("CARGO_PKG_VERSION"),
};
