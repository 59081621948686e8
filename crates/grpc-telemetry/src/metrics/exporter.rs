//! The exporter of metrics by OTLP.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use prost::Message;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

use super::{exemplars, points};
use crate::environment::Signal;
use crate::export::{Account, BuildError, Destination, Reporter, Sender};
use crate::pipeline::Pipeline;

/// What becomes of deltas that an endpoint refuses: unlike sums that go on, no later export has them.
const LOST: &str = "what they count meanwhile is lost";

/// Sends metrics by OTLP.
#[derive(Debug)]
pub(super) struct Exporter {
    sender: Arc<Sender>,
    temporality: Temporality,
    account: Arc<Account>,
    runtime: Handle,
    /// When the last export began: exemplars from before have been sent.
    last: Mutex<SystemTime>,
}

impl Exporter {
    /// An exporter to where the environment says. Nothing is connected yet.
    pub(super) fn build(pipeline: &Pipeline<'_>) -> Result<Self, BuildError> {
        let (environment, runtime) = (pipeline.environment, pipeline.runtime);
        let temporality = environment.temporality();
        // The next export has all that a cumulative one had. Deltas are gathered while one waits.
        let only_once = temporality != Temporality::Cumulative;
        let retry = only_once && pipeline.options.retry_exports;
        let destination = Destination::of(environment, Signal::Metrics, retry);
        let reporter = match only_once {
            true => Reporter::new(&destination).losing(LOST),
            false => Reporter::new(&destination),
        };
        Ok(Self {
            sender: Sender::start(&destination, reporter, runtime)?,
            temporality,
            account: Arc::clone(&pipeline.accounts.points),
            runtime: runtime.clone(),
            last: Mutex::new(SystemTime::UNIX_EPOCH),
        })
    }

    /// `metrics` with the exemplars since the last time.
    fn request(&self, metrics: &ResourceMetrics) -> Vec<u8> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let since = std::mem::replace(&mut *last, SystemTime::now());
        drop(last);
        let mut request = ExportMetricsServiceRequest::from(metrics);
        exemplars::add(&mut request, since);
        request.encode_to_vec()
    }

    /// What sends them.
    pub(super) fn sender(&self) -> Arc<Sender> {
        Arc::clone(&self.sender)
    }
}

impl PushMetricExporter for Exporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let request = self.request(metrics);
        let sender = self.sender();
        // The reader has a thread of its own, where nothing drives sockets and timers.
        let sending = async move { sender.send(request.into()).await };
        let sending = AbortOnDropHandle::new(self.runtime.spawn(sending));
        let ended = |_| Err(OTelSdkError::AlreadyShutdown);
        let result = sending.await.unwrap_or_else(ended);
        self.account.settle(points::count(metrics), &result);
        result.map(|_| ())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}
