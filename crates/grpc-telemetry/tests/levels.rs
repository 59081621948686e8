//! What telemetry leaves switched off in the libraries of a program.

#![expect(clippy::unwrap_used, reason = "a test")]

use grpc_telemetry::{LogFormat, LogTarget, Options};
use tracing::level_filters::LevelFilter;

/// A library that traces itself looks at this level first, many times in each call.
#[tokio::test]
async fn spans_switch_on_no_level_that_nobody_asked_for() {
    let telemetry = grpc_telemetry::init(Options {
        service_name: "test",
        service_version: "0",
        endpoint: None,
        retry_exports: false,
        log_filter: "info".to_owned(),
        log_format: LogFormat::Json,
        log_target: LogTarget::Stderr,
    })
    .unwrap();
    assert_eq!(LevelFilter::current(), LevelFilter::INFO);
    telemetry.shutdown().await;
}
