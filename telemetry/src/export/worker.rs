//! Gathers spans into batches and exports them.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::time::{Instant, sleep_until, timeout};

use super::account::SpanAccount;
use super::queue::{BatchLimits, Inbox};

/// Exports what comes in until nothing can come any more.
pub(super) async fn run(
    exporter: impl SpanExporter,
    mut inbox: Inbox,
    limits: BatchLimits,
    account: Arc<SpanAccount>,
) {
    let send = |batch: Vec<SpanData>| async {
        let spans = batch.len();
        let export = timeout(limits.export_limit, exporter.export(batch));
        match export.await {
            Ok(Ok(())) => account.accept(spans),
            // The exporter reports why.
            _ => account.fail(spans),
        }
    };
    let mut exports = FuturesUnordered::new();
    let mut batch = Vec::with_capacity(limits.batch_size);
    let mut due = Instant::now();
    loop {
        let room = limits.batch_size - batch.len();
        let may_send = exports.len() < limits.exports;
        if may_send && room == 0 {
            exports.push(send(std::mem::take(&mut batch)));
            continue;
        }
        tokio::select! {
            Some(()) = exports.next() => {}
            received = inbox.spans.recv_many(&mut batch, room), if room > 0 => {
                if received == 0 {
                    return;
                }
                if received == batch.len() {
                    due = Instant::now() + limits.delay;
                }
            }
            () = sleep_until(due), if may_send && !batch.is_empty() => {
                exports.push(send(std::mem::take(&mut batch)));
            }
            flush = inbox.flushes.recv() => {
                let Some(done) = flush else { return };
                // What comes later than this flush isn't its business.
                for _ in 0..inbox.spans.len() {
                    batch.extend(inbox.spans.try_recv().ok());
                    if batch.len() >= limits.batch_size {
                        wait_for_turn(&mut exports, limits.exports).await;
                        exports.push(send(std::mem::take(&mut batch)));
                    }
                }
                if !batch.is_empty() {
                    wait_for_turn(&mut exports, limits.exports).await;
                    exports.push(send(std::mem::take(&mut batch)));
                }
                while exports.next().await.is_some() {}
                // Whoever asked may have stopped waiting.
                let _ = done.try_send(());
            }
        }
    }
}

async fn wait_for_turn<F: Future<Output = ()>>(exports: &mut FuturesUnordered<F>, most: usize) {
    while exports.len() >= most {
        exports.next().await;
    }
}
