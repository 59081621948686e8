//! The exporter of metrics: OTLP over gRPC or HTTP, which reports what state it is in.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, MetricExporter};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use tokio::runtime::Handle;

use super::points;
use crate::environment::{OtlpProtocol, Signal};
use crate::export::{Account, Destination, Reporter, http};
use crate::pipeline::Pipeline;

/// What becomes of deltas that can't be sent: unlike sums that go on, no later export has them.
const LOST: &str = "what they count meanwhile is lost";

/// Sends metrics by OTLP.
#[derive(Debug)]
pub(super) struct Exporter {
    inner: MetricExporter,
    account: Arc<Account>,
    runtime: Handle,
    reporter: Reporter,
}

impl Exporter {
    /// An exporter to where the environment says. Nothing is connected yet.
    pub(super) fn build(pipeline: &Pipeline<'_>) -> Result<Self, ExporterBuildError> {
        let (environment, runtime) = (pipeline.environment, pipeline.runtime);
        let _entered = runtime.enter();
        let temporality = environment.temporality();
        // The next export has all that a cumulative one had.
        let only_once = temporality != Temporality::Cumulative;
        let retry = only_once && pipeline.options.retry_exports;
        let destination = Destination::of(environment, Signal::Metrics, retry);
        let inner = match destination.protocol {
            OtlpProtocol::Grpc => {
                let builder = MetricExporter::builder().with_tonic();
                let builder = builder.with_temporality(temporality);
                destination.grpc(builder).build()?
            }
            OtlpProtocol::HttpProtobuf => http::metric_exporter(&destination, temporality)?,
        };
        let reporter = Reporter::new(&destination);
        Ok(Self {
            inner,
            account: Arc::clone(&pipeline.accounts.points),
            runtime: runtime.clone(),
            reporter: match only_once {
                true => reporter.meanwhile(LOST),
                false => reporter,
            },
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
        let count = points::count(metrics);
        match &result {
            Ok(()) => self.account.accept(count),
            Err(_) => self.account.fail(count),
        }
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
