//! A command line for user-service that traces what it does and can draw the trace.
//!
//! In reading order: [`args`] is what a user types, [`app`] one run,
//! [`commands`] what it does, [`workflows`] several calls under one trace,
//! [`client`] a call, [`failure`] what is said when one fails, [`outcome`] the
//! exit code, [`output`] what a user sees, [`import`] files of users, and [`trace`]
//! how the spans of a run come back to be drawn by `trace-view`.

#![cfg_attr(
    test,
    expect(clippy::unwrap_used, reason = "a test fails by its panic")
)]

use std::sync::OnceLock;

pub mod app;
pub mod args;
pub mod client;
pub mod commands;
pub mod failure;
pub mod import;
pub mod outcome;
pub mod output;
pub mod trace;
pub mod workflows;

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
