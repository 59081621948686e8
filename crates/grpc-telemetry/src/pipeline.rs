//! The way of a span: a sampler at its start, processors at its end, exporters.

use std::sync::Arc;

use opentelemetry_sdk::Resource;
use tokio::runtime::Handle;

use crate::environment::{Environment, Signal};
use crate::export::{Accounts, BuildError, ConsoleExporter, Destination, SpanQueue};
use crate::head_sampling::HeadSampler;
use crate::options::Options;
use crate::spans::{RecordingLimits, SpanProvider};
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
    pub(crate) fn tracers(&self) -> (SpanProvider, Option<String>) {
        let environment = self.environment;
        let mut processors = Vec::new();
        if environment.exporters(Signal::Traces).console {
            let console = ConsoleExporter::new(self.options.log_writer.clone());
            let limits = environment.span_batches();
            let queue = SpanQueue::of_console(console, limits, Arc::default(), self.runtime);
            processors.push(self.kept.export(queue));
        }
        let mut warning = None;
        if environment.exports_by_otlp(Signal::Traces) {
            match self.otlp_spans() {
                Ok(queue) => processors.push(self.kept.export(queue)),
                Err(error) => {
                    warning = Some(format!(
                        "spans are not exported: {error}; correct the OTEL_EXPORTER_OTLP_* variables"
                    ));
                }
            }
        }
        let sampler = self.kept.sample(HeadSampler(environment.sampler()));
        let limits = RecordingLimits {
            counts: environment.span_limits(),
            value_length: environment.value_length_limit(),
        };
        (SpanProvider::new(sampler, limits, processors), warning)
    }

    fn otlp_spans(&self) -> Result<SpanQueue, BuildError> {
        let retry = self.options.retry_exports;
        let mut destination = Destination::of(self.environment, Signal::Traces, retry);
        if let Some(endpoint) = self.options.endpoint.clone() {
            destination = destination.at(endpoint);
        }
        SpanQueue::of_otlp(
            &destination,
            self.resource,
            self.environment.span_batches(),
            Arc::clone(&self.accounts.spans),
            self.runtime,
        )
    }
}
