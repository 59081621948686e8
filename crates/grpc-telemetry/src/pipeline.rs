//! The way of a span: a sampler at its start, processors at its end, exporters.

use std::sync::Arc;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;

use crate::environment::{Environment, Signal};
use crate::export::{Accounts, BuildError, ConsoleExporter, Destination, SpanQueue};
use crate::head_sampling::HeadSampler;
use crate::options::Options;
use crate::tail_sampling::Kept;

/// What the providers of all signals are made of.
#[derive(Debug)]
pub(crate) struct Pipeline<'a> {
    pub(crate) options: &'a Options,
    pub(crate) environment: &'a Environment,
    /// Who makes the spans, metrics and log records.
    pub(crate) resource: &'a Resource,
    /// Which traces to keep that are not sampled.
    pub(crate) kept: Kept,
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
        let sampler = HeadSampler(environment.sampler());
        let mut builder = self.kept.sample(builder, sampler);
        if environment.exporters(Signal::Traces).console {
            let exporter = ConsoleExporter::new(self.options.log_writer.clone(), environment);
            let limits = environment.span_batches();
            let queue = SpanQueue::of_objects(exporter, limits, Arc::default(), self.runtime);
            builder = self.kept.export(builder, queue);
        }
        let mut warning = None;
        if environment.exports_by_otlp(Signal::Traces) {
            match self.otlp_spans() {
                Ok(queue) => builder = self.kept.export(builder, queue),
                Err(error) => {
                    warning = Some(format!(
                        "spans are not exported: {error}; correct the OTEL_EXPORTER_OTLP_* variables"
                    ));
                }
            }
        }
        (builder.build(), warning)
    }

    fn otlp_spans(&self) -> Result<SpanQueue, BuildError> {
        let retry = self.options.retry_exports;
        let mut destination = Destination::of(self.environment, Signal::Traces, retry);
        if let Some(endpoint) = self.options.endpoint.clone() {
            destination = destination.at(endpoint);
        }
        SpanQueue::of_otlp(
            &destination,
            self.environment,
            self.resource,
            self.environment.span_batches(),
            Arc::clone(&self.accounts.spans),
            self.runtime,
        )
    }
}
