//! The way of a span: a sampler at its start, processors at its end, exporters. And of a log record.

use std::sync::Arc;

use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LogExporter, SdkLoggerProvider};
use opentelemetry_sdk::trace::{SdkTracerProvider, TracerProviderBuilder};
use tokio::runtime::Handle;

use crate::environment::{Environment, Signal};
use crate::export::{Accounts, ConsoleExporter, Destination, LogQueue, OtlpLogs, SpanQueue};
use crate::options::Options;
#[cfg(feature = "tail-sampling")]
use crate::tail_sampling::{RecordAllSampler, Rules, TailSamplingProcessor};

/// What the providers of tracers and loggers are made of.
#[derive(Debug)]
pub(crate) struct Pipeline<'a> {
    pub(crate) options: &'a Options,
    pub(crate) environment: &'a Environment,
    /// Who makes the spans and log records.
    pub(crate) resource: &'a Resource,
    /// Which traces to keep that are not sampled.
    #[cfg(feature = "tail-sampling")]
    pub(crate) keep: Option<Rules>,
    /// Where exporters work.
    pub(crate) runtime: &'a Handle,
    /// What becomes of what goes by OTLP.
    pub(crate) accounts: &'a Accounts,
}

impl Pipeline<'_> {
    /// The provider of tracers, and why spans can't be exported by OTLP, if so.
    pub(crate) fn tracers(&self) -> (SdkTracerProvider, Option<String>) {
        let environment = self.environment;
        let builder = SdkTracerProvider::builder()
            .with_span_limits(environment.span_limits())
            .with_resource(self.resource.clone());
        let mut builder = self.sample(builder);
        let exporters = environment.exporters(Signal::Traces);
        if exporters.console {
            let exporter = ConsoleExporter::new(self.options.log_writer.clone(), environment);
            let limits = environment.span_batches();
            let queue = SpanQueue::of_objects(exporter, limits, Arc::default(), self.runtime);
            builder = self.export(builder, queue);
        }
        let mut warning = None;
        if exporters.otlp {
            match self.otlp_spans() {
                Ok(queue) => builder = self.export(builder, queue),
                Err(error) => {
                    warning = Some(format!(
                        "spans are not exported: {error}; correct the OTEL_EXPORTER_OTLP_* variables"
                    ));
                }
            }
        }
        (builder.build(), warning)
    }

    fn sample(&self, builder: TracerProviderBuilder) -> TracerProviderBuilder {
        let sampler = self.environment.sampler();
        #[cfg(feature = "tail-sampling")]
        if self.keep.is_some() {
            return builder.with_sampler(RecordAllSampler(sampler));
        }
        builder.with_sampler(sampler)
    }

    fn export(&self, builder: TracerProviderBuilder, queue: SpanQueue) -> TracerProviderBuilder {
        #[cfg(feature = "tail-sampling")]
        if let Some(rules) = self.keep {
            return builder.with_span_processor(TailSamplingProcessor::new(rules, queue));
        }
        builder.with_span_processor(queue)
    }

    fn otlp_spans(&self) -> Result<SpanQueue, ExporterBuildError> {
        let retry = self.options.retry_exports;
        let destination = match self.options.endpoint.clone() {
            Some(endpoint) => Destination::own(endpoint, Signal::Traces, retry),
            None => Destination::of(self.environment, Signal::Traces, retry),
        };
        SpanQueue::of_otlp(
            &destination,
            self.environment,
            self.resource,
            self.environment.span_batches(),
            Arc::clone(&self.accounts.spans),
            self.runtime,
        )
    }

    /// The provider of loggers, if log records go by OTLP; and why they can't, if so.
    pub(crate) fn loggers(&self) -> (Option<SdkLoggerProvider>, Option<String>) {
        let environment = self.environment;
        if !environment.exports_by_otlp(Signal::Logs) {
            return (None, None);
        }
        let retry = self.options.retry_exports;
        let destination = Destination::of(environment, Signal::Logs, retry);
        let built = {
            let _entered = self.runtime.enter();
            OtlpLogs::build(&destination)
        };
        let mut exporter = match built {
            Ok(exporter) => exporter,
            Err(error) => {
                let warning = format!(
                    "log records are not exported: {error}; correct the OTEL_EXPORTER_OTLP_* variables"
                );
                return (None, Some(warning));
            }
        };
        // The worker owns the exporter from here on: it can't be told later.
        exporter.set_resource(self.resource);
        let account = Arc::clone(&self.accounts.logs);
        let queue = LogQueue::of_logs(exporter, environment.log_batches(), account, self.runtime);
        let provider = SdkLoggerProvider::builder()
            .with_resource(self.resource.clone())
            .with_log_processor(queue)
            .build();
        (Some(provider), None)
    }
}
