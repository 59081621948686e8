//! One line in the log when exports start to fail, and one when they succeed again. A collector
//! that was never reached is one line for all signals.

use std::sync::atomic::{AtomicBool, Ordering};

use grpc_common::printable;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use super::account::Account;
use super::contact::{self, Absence};
use super::destination::Destination;
use crate::environment::{Signal, cut};

/// Maximum characters of the reason that an endpoint gives.
const REASON_LENGTH: usize = 200;

/// The target of its log records, so that one filter applies to all of them.
const TARGET: &str = "grpc_telemetry::export";

/// Reports the state of an exporter, once per change.
#[derive(Debug)]
pub(crate) struct Reporter {
    what: &'static str,
    /// What happens to it while exports fail.
    meanwhile: &'static str,
    endpoint: String,
    failing: AtomicBool,
    /// Whether the log says that it fails.
    reported: AtomicBool,
    /// Whether the log says that the endpoint rejected part of an export.
    refused: AtomicBool,
}

impl Reporter {
    pub(crate) fn new(destination: &Destination) -> Self {
        let (what, meanwhile) = match destination.signal {
            Signal::Traces => (
                "spans",
                "they are queued, and dropped once the queue is full,",
            ),
            Signal::Metrics => ("metrics", "their sums keep growing"),
            Signal::Logs => ("log records", "they are only written here"),
        };
        Self {
            what,
            meanwhile,
            endpoint: destination.endpoint.clone(),
            failing: AtomicBool::new(false),
            reported: AtomicBool::new(false),
            refused: AtomicBool::new(false),
        }
    }

    /// Sets what happens to it while exports fail.
    #[cfg(feature = "metrics")]
    pub(crate) fn meanwhile(mut self, meanwhile: &'static str) -> Self {
        self.meanwhile = meanwhile;
        self
    }

    /// Whether exports fail at the moment.
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Logs once why the endpoint rejects part of an export, if `account` has the reason.
    pub(crate) fn report_refusal(&self, account: &Account) {
        let Some(reason) = account.reason() else {
            return;
        };
        if !self.refused.swap(true, Ordering::Relaxed) {
            let what = self.what;
            tracing::warn!(
                target: TARGET,
                endpoint = self.endpoint,
                reason = printable(cut(&reason, REASON_LENGTH)),
                "the endpoint rejects some {what}, or warns: logged once, the metrics count what it rejects"
            );
        }
    }

    /// Logs `result` if it differs from the one before.
    pub(crate) fn report(&self, result: &OTelSdkResult) {
        match result {
            Ok(()) => self.report_success(),
            Err(error) => match unreachable(error).map(|cause| self.absence(cause)) {
                Some(Absence::New | Absence::Known) => {
                    self.failing.store(true, Ordering::Relaxed);
                }
                Some(Absence::Lost) | None => self.report_failure(error),
            },
        }
    }

    fn report_success(&self) {
        let what = self.what;
        let was_missing = contact::note_success(&self.endpoint);
        self.failing.store(false, Ordering::Relaxed);
        if was_missing {
            tracing::info!(
                target: TARGET,
                endpoint = self.endpoint,
                "the collector is there: telemetry is exported"
            );
        }
        if self.reported.swap(false, Ordering::Relaxed) {
            tracing::info!(target: TARGET, endpoint = self.endpoint, "{what} are exported again");
        }
    }

    fn report_failure(&self, error: &OTelSdkError) {
        let Self {
            what, meanwhile, ..
        } = self;
        self.failing.store(true, Ordering::Relaxed);
        if !self.reported.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: TARGET,
                endpoint = self.endpoint,
                %error,
                "cannot export {what}: {meanwhile} until the endpoint responds, calls are not affected"
            );
        }
    }

    /// Notes that the collector was not reached; logs it once for all signals.
    fn absence(&self, cause: &str) -> Absence {
        let absence = contact::note_absence(&self.endpoint);
        if absence == Absence::New {
            let collector = contact::collector(&self.endpoint);
            tracing::info!(
                target: TARGET,
                "no collector at {collector} ({cause}); telemetry is dropped until there is one, calls are not affected"
            );
        }
        absence
    }
}

/// Why no connection was made, if that is the error: an exporter only has its text.
fn unreachable(error: &OTelSdkError) -> Option<&'static str> {
    let text = error.to_string();
    let causes = [
        ("Connection refused", "connection refused"),
        ("dns error", "its name can't be resolved"),
        ("No route to host", "no route to host"),
        ("Network is unreachable", "network unreachable"),
        ("network error", "not reachable"),
    ];
    let found = causes.into_iter().find(|(part, _)| text.contains(part));
    found.map(|(_, cause)| cause)
}
