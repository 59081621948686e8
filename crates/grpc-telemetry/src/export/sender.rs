//! Sends encoded batches of any signal by OTLP, and tries again by the protocol's rules.
//!
//! The SDK's exporters can't be given bytes, drop what an endpoint that is away does not take in a
//! second, and read their settings from the process alone.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkError;
use prost::bytes::Bytes;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::BuildError;
use super::attempt::{ExportResponse, Failed};
use super::connection::Connection;
use super::destination::Destination;
use super::reporter::Reporter;
use super::retry::{FEW, Retries};

/// The way of one signal to its endpoint.
#[derive(Debug)]
pub(crate) struct Sender {
    connection: Connection,
    /// Of one attempt.
    limit: Duration,
    retry: bool,
    /// Cancelled when the program stops.
    stopping: CancellationToken,
    reporter: Reporter,
}

impl Sender {
    /// A sender to `destination` on `runtime`, which reports its state to `reporter`. Nothing is
    /// connected yet.
    ///
    /// # Errors
    /// When the endpoint can't be one.
    pub(crate) fn start(
        destination: &Destination,
        reporter: Reporter,
        runtime: &Handle,
    ) -> Result<Arc<Self>, BuildError> {
        Ok(Arc::new(Self {
            connection: Connection::start(destination, runtime)?,
            limit: destination.limit,
            retry: destination.retry,
            stopping: CancellationToken::new(),
            reporter,
        }))
    }

    /// From now on, an endpoint that is away is not waited for.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
    }

    /// Sends `request`, and tries again until the endpoint takes or refuses it. Returns how many
    /// of the batch it refused, as it says.
    ///
    /// # Errors
    /// When it does not take the batch, which is reported.
    pub(crate) async fn send(&self, request: Bytes) -> Result<u64, OTelSdkError> {
        match self.deliver(request).await {
            Ok(taken) => {
                self.reporter.works();
                self.reporter.refused(&taken.reason);
                Ok(taken.refused)
            }
            Err(failed) => {
                self.reporter.fails(&failed.why);
                Err(OTelSdkError::InternalFailure(failed.why))
            }
        }
    }

    async fn deliver(&self, request: Bytes) -> Result<ExportResponse, Failed> {
        let mut retries = Retries::new();
        loop {
            let failed = match self.attempt(request.clone()).await {
                Ok(taken) => return Ok(taken),
                Err(failed) => failed,
            };
            let stopping = self.stopping.is_cancelled();
            let most = self.most_retries(stopping);
            let Some(pause) = retries.pause_after(failed.again, most) else {
                return Err(failed);
            };
            if retries.is_late() {
                self.reporter.waits(&failed.why);
            }
            self.wait(pause, stopping).await;
        }
    }

    async fn attempt(&self, request: Bytes) -> Result<ExportResponse, Failed> {
        let transport = self.connection.transport()?;
        let late = |_| {
            Err(Failed {
                why: format!("no response within {:?}", self.limit),
                again: Some(Duration::ZERO),
            })
        };
        let attempt = timeout(self.limit, transport.send(request));
        attempt.await.unwrap_or_else(late)
    }

    /// How often an export may be tried again.
    fn most_retries(&self, stopping: bool) -> u32 {
        match (self.retry, stopping) {
            (false, _) => 0,
            (true, false) => u32::MAX,
            // An endpoint that has been away for a while won't be back within the time that is left.
            (true, true) if self.reporter.is_failing() => 0,
            (true, true) => FEW,
        }
    }

    /// Waits for `pause`; no longer than until the program stops, unless it does already.
    async fn wait(&self, pause: Duration, stopping: bool) {
        match stopping {
            true => sleep(pause).await,
            false => {
                let _ = self.stopping.run_until_cancelled(sleep(pause)).await;
            }
        }
    }
}
