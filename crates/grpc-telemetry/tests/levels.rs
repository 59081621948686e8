//! What telemetry leaves switched off in the libraries of a program.

#![expect(clippy::unwrap_used, reason = "a test")]

use tracing::level_filters::LevelFilter;

/// A library that traces itself looks at this level first, many times in each call.
#[tokio::test]
async fn spans_do_not_raise_the_log_level() {
    let telemetry = grpc_telemetry::builder("test", "0")
        .without_export_retries()
        .with_log_filter("info")
        .install()
        .unwrap();
    assert_eq!(LevelFilter::current(), LevelFilter::INFO);
    telemetry.shutdown().await;
}
