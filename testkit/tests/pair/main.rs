//! The pair as its users run it: two processes, real stores, and what came over
//! the wire. One module for each concern.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod abandoned;
mod bad_input;
mod browser;
mod client_outcomes;
mod commands;
mod completions;
mod compression;
mod config;
mod conventions;
mod create_batches;
mod empty_variables;
mod environment;
mod errors;
mod graceful_stop;
mod harmless;
mod health;
mod help;
mod idempotency;
mod import_formats;
mod inherited_trace;
mod jaeger;
mod keep;
mod listen;
mod listen_live;
mod listen_page;
mod logs;
mod malformed_calls;
mod malformed_streams;
mod metrics;
mod not_grpc;
mod old_names;
mod otlp_http;
mod outages;
mod probes;
mod propagation;
mod reflection;
mod shared_statements;
mod silent_server;
mod stream_calls;
mod support;
mod terminal;
mod trace;
mod unread_logs;
