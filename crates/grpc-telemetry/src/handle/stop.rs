//! Flushing and stopping telemetry.

use std::sync::mpsc;

use opentelemetry_sdk::error::OTelSdkResult;
use tokio::sync::oneshot;

use super::{Running, Telemetry};
use crate::export::{Account, FLUSH_LIMIT, is_any_missing};

impl Telemetry {
    /// Sends what has ended so far, within 3 seconds.
    pub async fn flush(&self) {
        let Some(running) = &self.running else {
            return;
        };
        let (provider, loggers) = (running.provider.clone(), running.loggers.clone());
        let flush = tokio::task::spawn_blocking(move || {
            side_by_side(|| provider.flush(FLUSH_LIMIT), || loggers.flush());
        });
        let _ = tokio::time::timeout(FLUSH_LIMIT, flush).await;
    }

    /// Sends what is left and stops, within 3 seconds; then writes what is left of the log,
    /// within another.
    pub async fn shutdown(mut self) {
        self.warn_once();
        if let Some(running) = self.running.take() {
            let (done, is_done) = oneshot::channel();
            running.stop_aside(move || {
                let _ = done.send(());
            });
            let _ = tokio::time::timeout(FLUSH_LIMIT, is_done).await;
            self.report_losses();
        }
        if let Some(log) = self.log.take() {
            // It ends in time, whatever the reader of the log does.
            let _ = tokio::task::spawn_blocking(move || log.flush()).await;
        }
    }

    fn report_losses(&self) {
        report("spans", &self.accounts.spans);
        report("log records", &self.accounts.logs);
    }
}

impl Drop for Telemetry {
    /// As [`Telemetry::shutdown`], but blocks the thread.
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.warn_once();
            let (done, is_done) = mpsc::channel();
            running.stop_aside(move || {
                let _ = done.send(());
            });
            let _ = is_done.recv_timeout(FLUSH_LIMIT);
            self.report_losses();
        }
        if let Some(log) = self.log.take() {
            log.flush();
        }
    }
}

impl Running {
    /// Sends what is left, on a thread of its own: a runtime would wait for it at its end,
    /// however long that takes. Calls `done` then.
    fn stop_aside(self, done: impl FnOnce() + Send + 'static) {
        std::thread::spawn(move || {
            let Self {
                provider,
                meters,
                loggers,
                runtime,
            } = self;
            side_by_side(
                || provider.stop(FLUSH_LIMIT),
                || loggers.shutdown(FLUSH_LIMIT),
            );
            meters.shutdown(FLUSH_LIMIT);
            done();
            // Not before: an export that still continues would lose its timers.
            drop(runtime);
        });
    }
}

/// Waits for spans and log records at once: one that hangs leaves no time for the other.
fn side_by_side(spans: impl FnOnce() -> OTelSdkResult, logs: impl FnOnce() + Send) {
    // An endpoint that doesn't respond is reported by the exporters.
    std::thread::scope(|scope| {
        scope.spawn(logs);
        let _ = spans();
    });
}

fn report(what: &str, account: &Account) {
    let counts = account.counts();
    let lost = counts.lost() + counts.pending();
    // A collector that was never there is reported already.
    if lost == 0 || counts.exported == 0 && is_any_missing() {
        return;
    }
    // With the target of the exporters, so that one filter applies to both.
    tracing::warn!(
        target: "grpc_telemetry::export",
        made = counts.begun,
        exported = counts.exported,
        lost,
        "not all {what} were exported"
    );
}
