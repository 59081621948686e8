//! Log records by OTLP: a bridge from `tracing`, a queue and an exporter.

mod bridge;
mod encode;
mod queue;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::logs::SdkLoggerProvider;

pub(crate) use self::bridge::Bridge;
pub(crate) use self::queue::LogQueue;
use crate::environment::Signal;
use crate::export::{BuildError, Destination};
use crate::pipeline::Pipeline;

/// The provider of loggers, if log records go by OTLP. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Loggers(Option<SdkLoggerProvider>);

impl Loggers {
    /// Starts the export of log records, if they go by OTLP; also returns why they can't, if so.
    pub(crate) fn start(pipeline: &Pipeline<'_>) -> (Self, Option<String>) {
        if !pipeline.environment.exports_by_otlp(Signal::Logs) {
            return (Self(None), None);
        }
        match provider(pipeline) {
            Ok(provider) => (Self(Some(provider)), None),
            Err(error) => {
                let warning = format!(
                    "log records are not exported: {error}; correct the OTEL_EXPORTER_OTLP_* variables"
                );
                (Self(None), Some(warning))
            }
        }
    }

    /// What makes records of the events of `tracing`.
    pub(crate) fn bridge(&self, pipeline: &Pipeline<'_>) -> Option<Bridge> {
        let limits = pipeline.environment.log_limits();
        let provider = self.0.as_ref()?;
        Some(Bridge::new(provider, limits))
    }

    /// Sends what there is. An endpoint that doesn't respond is reported by the exporter.
    pub(crate) fn flush(&self) {
        if let Some(provider) = &self.0 {
            let _ = provider.force_flush();
        }
    }

    /// Sends what is left and stops, within `limit`.
    pub(crate) fn shutdown(&self, limit: Duration) {
        if let Some(provider) = &self.0 {
            let _ = provider.shutdown_with_timeout(limit);
        }
    }
}

fn provider(pipeline: &Pipeline<'_>) -> Result<SdkLoggerProvider, BuildError> {
    let environment = pipeline.environment;
    let destination = Destination::of(environment, Signal::Logs, pipeline.options.retry_exports);
    let queue = LogQueue::of_otlp(
        &destination,
        pipeline.resource,
        environment.log_batches(),
        Arc::clone(&pipeline.accounts.logs),
        pipeline.runtime,
    )?;
    let builder = SdkLoggerProvider::builder().with_resource(pipeline.resource.clone());
    Ok(builder.with_log_processor(queue).build())
}
