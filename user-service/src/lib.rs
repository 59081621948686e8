//! user-service: a traced gRPC service for users.
//!
//! A request comes from the connections and the middleware of [`grpc_server`], passes
//! these modules in this order and comes back the same way: [`dispatch`], [`grpc`] or
//! [`thrift`] (convert in, call, convert out), [`domain`] (rules), [`repository`] and [`cache`] (stores). [`app`] puts
//! them together and alone knows them all.

use std::sync::OnceLock;

pub mod app;
mod batcher;
pub mod cache;
pub mod config;
pub mod dispatch;
pub mod domain;
pub mod grpc;
mod metrics;
pub mod repository;
pub mod secret;
pub mod status;
pub mod thrift;
mod url_parameters;

/// What `--version` shows and telemetry carries: `BUILD_VERSION`, which an image sets to
/// what `git describe` said, else the version of the package.
///
/// Read at the start and not compiled in, so that a new commit alone recompiles nothing.
#[must_use]
pub fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| match std::env::var("BUILD_VERSION") {
        Ok(version) if !version.is_empty() => version,
        _ => env!("CARGO_PKG_VERSION").to_owned(),
    })
}
