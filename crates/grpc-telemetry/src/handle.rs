//! The handle of running telemetry, from which the layers of calls come.

#[cfg(feature = "metrics")]
mod scrape;
mod start;
mod stop;

use std::sync::{Mutex, PoisonError};

use tokio::runtime::Runtime;
use tonic::transport::Uri;
use tower::Layer;

use crate::environment::Environment;
use crate::export::Accounts;
use crate::log_export::Loggers;
use crate::logs::LogWriter;
use crate::metrics::Meters;
use crate::propagation::Propagator;
use crate::rpc::{
    self, ClientTraceLayer, ClientTraceService, DescriptorError, ServerTraceLayer, Settings,
};
use crate::spans::SpanProvider;

pub use self::start::use_ring;

/// Running telemetry: keep it until the end of the program. [`Telemetry::shutdown`] sends what
/// is left; where it is dropped instead, as by a `?` in `main`, that is done there, within 4
/// seconds for which the thread is blocked.
#[derive(Debug)]
#[must_use = "dropped at once, it stops at once"]
pub struct Telemetry {
    /// None if OpenTelemetry is switched off.
    running: Option<Running>,
    accounts: Accounts,
    settings: Settings,
    /// What writes the log; none once its last lines were written.
    log: Option<LogWriter>,
    /// What there is to warn about and was not said yet.
    warnings: Mutex<Vec<String>>,
}

/// What has to be stopped.
#[derive(Debug)]
struct Running {
    provider: SpanProvider,
    meters: Meters,
    loggers: Loggers,
    /// Drives the exporter's connection, so that a busy or blocked program can't starve it.
    runtime: Runtime,
}

impl Telemetry {
    /// No telemetry: nothing is recorded, and contexts are passed on as they come.
    pub fn off() -> Self {
        let settings = Settings::of(&Environment::default());
        Self::of(None, Accounts::default(), settings, Vec::new())
    }

    fn of(
        running: Option<Running>,
        accounts: Accounts,
        settings: Settings,
        warnings: Vec<String>,
    ) -> Self {
        Self {
            running,
            accounts,
            settings,
            log: None,
            warnings: Mutex::new(warnings),
        }
    }

    /// The layer around a server's services: it reads the callers' contexts and makes a
    /// SERVER span of each call. `descriptor_sets` are the `FILE_DESCRIPTOR_SET`s of all
    /// services but those of health and reflection; a call of a service that is in none
    /// of them is traced as unknown, and warned about once.
    ///
    /// # Errors
    /// When a set can't be decoded or is empty, or none has a service.
    pub fn server(&self, descriptor_sets: &[&[u8]]) -> Result<ServerTraceLayer, DescriptorError> {
        self.warn_once();
        let methods = rpc::methods(descriptor_sets)?;
        Ok(ServerTraceLayer::new(
            self.provider(),
            self.settings,
            methods,
        ))
    }

    /// `channel` with a CLIENT span around each call, which is sent along. `target` is where
    /// the channel was configured to go, which it can't tell itself: `endpoint.uri()`.
    pub fn client<S>(&self, target: &Uri, channel: S) -> ClientTraceService<S> {
        self.warn_once();
        ClientTraceLayer::new(self.provider(), target, self.settings).layer(channel)
    }

    /// What carries contexts over the wire, for other ways than the calls of gRPC.
    pub fn propagator(&self) -> Propagator {
        self.settings.propagator
    }

    fn provider(&self) -> Option<&SpanProvider> {
        self.running.as_ref().map(|running| &running.provider)
    }

    /// Logs what is wrong with the variables, unless it was done: there has to be a subscriber first.
    pub(crate) fn warn_once(&self) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        for warning in warnings.drain(..) {
            tracing::warn!("{warning}");
        }
    }
}
