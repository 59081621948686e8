//! One line in the log when exports start to fail, and one when they succeed again. A collector
//! that was never reached is one line for all signals.

use std::sync::atomic::{AtomicBool, Ordering};

use grpc_common::printable;

use super::collector_state::{self, Absence};
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
    /// What happens to it while exports are retried.
    waiting: &'static str,
    /// What happens to it when an export is given up.
    lost: &'static str,
    endpoint: String,
    failing: AtomicBool,
    /// Whether the log says that it fails.
    reported: AtomicBool,
    /// Whether the log says that the endpoint rejected part of an export.
    refused: AtomicBool,
}

impl Reporter {
    pub(crate) fn new(destination: &Destination) -> Self {
        let (what, waiting, lost) = match destination.signal {
            Signal::Traces => (
                "spans",
                "they are queued, and dropped once the queue is full,",
                "they are dropped",
            ),
            Signal::Metrics => ("metrics", "they wait", "their sums keep growing"),
            Signal::Logs => (
                "log records",
                "they are written here and queued, and only written once the queue is full,",
                "they are only written here",
            ),
        };
        Self {
            what,
            waiting,
            lost,
            endpoint: destination.endpoint.clone(),
            failing: AtomicBool::new(false),
            reported: AtomicBool::new(false),
            refused: AtomicBool::new(false),
        }
    }

    /// Sets what happens to it when an export is given up.
    #[cfg(feature = "metrics")]
    pub(crate) fn losing(mut self, lost: &'static str) -> Self {
        self.lost = lost;
        self
    }

    /// Whether exports fail at the moment.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Logs once why the endpoint rejects part of an export, if it has a `reason`.
    pub(super) fn refused(&self, reason: &str) {
        if !reason.is_empty() && !self.refused.swap(true, Ordering::Relaxed) {
            let what = self.what;
            tracing::warn!(
                target: TARGET,
                endpoint = self.endpoint,
                reason = printable(cut(reason, REASON_LENGTH)),
                "the endpoint rejects some {what}, or warns: logged once, the metrics count what it rejects"
            );
        }
    }

    /// Logs that an export is retried because of `error`, unless that is logged already.
    pub(super) fn waits(&self, error: &str) {
        self.report(error, self.waiting);
    }

    /// Logs that an export was given up because of `error`, unless that is logged already.
    pub(super) fn fails(&self, error: &str) {
        self.report(error, self.lost);
    }

    fn report(&self, error: &str, meanwhile: &str) {
        match unreachable(error).map(|cause| self.absence(cause)) {
            Some(Absence::New | Absence::Known) => self.failing.store(true, Ordering::Relaxed),
            Some(Absence::Lost) | None => self.report_failure(error, meanwhile),
        }
    }

    /// Logs that an export succeeded, if those before failed.
    pub(super) fn works(&self) {
        let what = self.what;
        let was_missing = collector_state::note_success(&self.endpoint);
        self.failing.store(false, Ordering::Relaxed);
        if was_missing {
            tracing::info!(
                target: TARGET,
                endpoint = self.endpoint,
                "connected to the collector: telemetry is exported"
            );
        }
        if self.reported.swap(false, Ordering::Relaxed) {
            tracing::info!(target: TARGET, endpoint = self.endpoint, "{what} are exported again");
        }
    }

    fn report_failure(&self, error: &str, meanwhile: &str) {
        let what = self.what;
        self.failing.store(true, Ordering::Relaxed);
        if !self.reported.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: TARGET,
                endpoint = self.endpoint,
                error,
                "cannot export {what}: {meanwhile} until the endpoint responds, calls are not affected"
            );
        }
    }

    /// Notes that the collector was not reached; logs it once for all signals.
    fn absence(&self, cause: &str) -> Absence {
        let absence = collector_state::note_absence(&self.endpoint);
        if absence == Absence::New {
            let collector = collector_state::collector(&self.endpoint);
            tracing::info!(
                target: TARGET,
                "no collector at {collector} ({cause}); telemetry waits as long as its queues have room, calls are not affected"
            );
        }
        absence
    }
}

/// Why no connection was made, if that is what an error says.
fn unreachable(text: &str) -> Option<&'static str> {
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
