//! The exporter of metrics: OTLP over gRPC or HTTP, which reports what state it is in.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, MetricExporter};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use tokio::runtime::Handle;

use crate::environment::{Environment, OtlpProtocol, Signal};
use crate::export::{Destination, Reporter, http};

/// Sends metrics by OTLP.
#[derive(Debug)]
pub(super) struct Exporter {
    inner: MetricExporter,
    runtime: Handle,
    reporter: Reporter,
}

impl Exporter {
    /// An exporter to where the environment says, which works on `runtime`. Nothing is connected yet.
    pub(super) fn build(
        environment: &Environment,
        runtime: &Handle,
    ) -> Result<Self, ExporterBuildError> {
        let _entered = runtime.enter();
        // The next export follows in any case.
        let destination = Destination::of(environment, Signal::Metrics, false);
        let temporality = environment.temporality();
        let inner = match destination.protocol {
            OtlpProtocol::Grpc => {
                let builder = MetricExporter::builder().with_tonic();
                let builder = builder.with_temporality(temporality);
                destination.grpc(builder).build()?
            }
            OtlpProtocol::HttpProtobuf => http::metric_exporter(&destination, temporality)?,
        };
        Ok(Self {
            inner,
            runtime: runtime.clone(),
            reporter: Reporter::new(&destination),
        })
    }
}

impl PushMetricExporter for Exporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut export = pin!(self.inner.export(metrics));
        // The reader has a thread of its own, where nothing drives sockets and timers.
        let on_runtime = poll_fn(|task| {
            let _entered = self.runtime.enter();
            export.as_mut().poll(task)
        });
        let result = on_runtime.await;
        self.reporter.report(&result);
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.inner.temporality()
    }
}
