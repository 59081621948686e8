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

/// What `--version` shows and telemetry carries: what the build was told
/// (`git describe` in the Dockerfile), else the version of the package.
pub const VERSION: &str = match option_env!("BUILD_VERSION") {
    Some(version) if !version.is_empty() => version,
    _ => env!("CARGO_PKG_VERSION"),
};
