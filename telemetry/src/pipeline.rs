//! The way of a span: a sampler at its start, processors at its end, exporters.

use std::sync::Arc;

use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter, TracerProviderBuilder};
use tokio::runtime::Handle;

use crate::environment::{Environment, OtlpProtocol, Signal};
use crate::export::{ConsoleExporter, QueueProcessor, ReportingExporter, SpanAccount};
use crate::keep::{KeepProcessor, KeepSampler, Rules};
use crate::setup::Options;

/// What a provider of tracers is made of.
#[derive(Debug)]
pub(crate) struct Pipeline<'a> {
    pub(crate) options: &'a Options,
    pub(crate) environment: &'a Environment,
    /// Who makes the spans.
    pub(crate) resource: &'a Resource,
    /// Which traces to keep that are not sampled.
    pub(crate) keep: Option<Rules>,
    /// Where exporters work.
    pub(crate) runtime: &'a Handle,
    /// What becomes of the spans that go by OTLP.
    pub(crate) account: &'a Arc<SpanAccount>,
}

impl Pipeline<'_> {
    /// The provider, and why spans can't be exported by OTLP, if so.
    pub(crate) fn provider(&self) -> (SdkTracerProvider, Option<String>) {
        let environment = self.environment;
        let resource = self.resource;
        let builder = SdkTracerProvider::builder()
            .with_span_limits(environment.span_limits())
            .with_resource(resource.clone());
        let mut builder = match self.keep {
            Some(_) => builder.with_sampler(KeepSampler(environment.sampler())),
            None => builder.with_sampler(environment.sampler()),
        };
        let exporters = environment.exporters(Signal::Traces);
        if exporters.console {
            let exporter = ConsoleExporter::new(self.options.log_target, environment);
            builder = self.export(builder, exporter, resource, Arc::default());
        }
        let mut warning = None;
        if exporters.otlp {
            match self.otlp() {
                Ok(exporter) => {
                    let account = Arc::clone(self.account);
                    builder = self.export(builder, exporter, resource, account);
                }
                Err(error) => {
                    warning = Some(format!(
                        "spans are not exported: {error}; correct the OTEL_EXPORTER_OTLP_* variables"
                    ));
                }
            }
        }
        (builder.build(), warning)
    }

    fn export(
        &self,
        builder: TracerProviderBuilder,
        mut exporter: impl SpanExporter + 'static,
        resource: &Resource,
        account: Arc<SpanAccount>,
    ) -> TracerProviderBuilder {
        // The worker owns the exporter from here on: it can't be told later.
        exporter.set_resource(resource);
        let limits = self.environment.span_batches();
        let queue = QueueProcessor::start(exporter, limits, account, self.runtime);
        match self.keep {
            Some(rules) => builder.with_span_processor(KeepProcessor::new(rules, queue)),
            None => builder.with_span_processor(queue),
        }
    }

    fn otlp(&self) -> Result<ReportingExporter, ExporterBuildError> {
        // An endpoint given by the program is its own receiver, which speaks gRPC.
        let protocol = match self.options.endpoint {
            Some(_) => OtlpProtocol::Grpc,
            None => self.environment.otlp_protocol(Signal::Traces),
        };
        let _entered = self.runtime.enter();
        let endpoint = self.options.endpoint.clone();
        ReportingExporter::build(
            self.environment,
            protocol,
            endpoint,
            self.options.retry_exports,
        )
    }
}
