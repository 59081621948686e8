//! The queue of log records, as a processor of the SDK.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter, LogProcessor, SdkLogRecord};
use tokio::runtime::Handle;

use crate::export::{Account, BatchLimits, FLUSH_LIMIT, Queue, limited};

/// Log records on their way out, each with its scope.
pub(crate) type LogQueue = Queue<(SdkLogRecord, InstrumentationScope)>;

impl LogQueue {
    /// A queue that leads to `exporter`, which works on `runtime`.
    pub(crate) fn of_logs(
        exporter: impl LogExporter + 'static,
        limits: BatchLimits,
        account: Arc<Account>,
        runtime: &Handle,
    ) -> Self {
        let exporter = Arc::new(exporter);
        let export = move |batch: Vec<(SdkLogRecord, InstrumentationScope)>| {
            let exporter = Arc::clone(&exporter);
            async move {
                let records: Vec<_> = batch
                    .iter()
                    .map(|(record, scope)| (record, scope))
                    .collect();
                let batch = LogBatch::new(&records);
                limited(limits.export_limit, exporter.export(batch)).await
            }
        };
        Self::start(export, limits, account, runtime)
    }
}

impl LogProcessor for LogQueue {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.account().begin();
        self.enqueue((record.clone(), scope.clone()));
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flush(FLUSH_LIMIT)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.flush(timeout)
    }
}
