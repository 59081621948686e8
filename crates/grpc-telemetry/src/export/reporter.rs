//! One line in the log when an export starts to fail, and one when it works again.

use std::sync::atomic::{AtomicBool, Ordering};

use grpc_common::printable;
use opentelemetry_sdk::error::OTelSdkResult;

use super::account::Account;
use super::destination::Destination;
use crate::environment::{Signal, cut};

/// Characters of what an endpoint says.
const REASON_LENGTH: usize = 200;

/// Reports the state of an exporter, once per change.
#[derive(Debug)]
pub(crate) struct Reporter {
    what: &'static str,
    /// What becomes of it while exports fail.
    meanwhile: &'static str,
    endpoint: String,
    failing: AtomicBool,
    /// Whether the endpoint refused something that it took otherwise.
    refused: AtomicBool,
}

impl Reporter {
    pub(crate) fn new(destination: &Destination) -> Self {
        let (what, meanwhile) = match destination.signal {
            Signal::Traces => ("spans", "they wait as long as the queue has room"),
            Signal::Metrics => ("metrics", "they are counted on"),
            Signal::Logs => ("log records", "they are only written here"),
        };
        Self {
            what,
            meanwhile,
            endpoint: destination.endpoint.clone(),
            failing: AtomicBool::new(false),
            refused: AtomicBool::new(false),
        }
    }

    /// Says what becomes of what can't be exported.
    #[cfg(feature = "metrics")]
    pub(crate) fn meanwhile(mut self, meanwhile: &'static str) -> Self {
        self.meanwhile = meanwhile;
        self
    }

    /// Whether exports fail at the moment.
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Says once why the endpoint refuses part of what it takes, if it told `account`.
    pub(crate) fn report_refusal(&self, account: &Account) {
        let Some(reason) = account.reason() else {
            return;
        };
        if !self.refused.swap(true, Ordering::Relaxed) {
            let what = self.what;
            tracing::warn!(
                target: "grpc_telemetry::export",
                endpoint = self.endpoint,
                reason = printable(cut(&reason, REASON_LENGTH)),
                "the endpoint refuses some {what}, or warns: this is said once, the metrics count what it refuses"
            );
        }
    }

    /// Tells of `result`, if the one before was another.
    pub(crate) fn report(&self, result: &OTelSdkResult) {
        let Self {
            what, meanwhile, ..
        } = self;
        // As the exporters' own: who is not interested in the one isn't in the others.
        match result {
            Ok(()) if self.failing.swap(false, Ordering::Relaxed) => {
                tracing::info!(
                    target: "grpc_telemetry::export",
                    endpoint = self.endpoint,
                    "{what} are exported again"
                );
            }
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(
                    target: "grpc_telemetry::export",
                    endpoint = self.endpoint,
                    %error,
                    "cannot export {what}: {meanwhile} until the endpoint answers, calls go on"
                );
            }
            _ => {}
        }
    }
}
