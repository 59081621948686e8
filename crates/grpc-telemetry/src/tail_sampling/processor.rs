//! Decides at the end of each call.

use std::time::Duration;

use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::buffer::Buffer;
use super::rules::{Rules, is_local_root};
use crate::export::SpanQueue;
use crate::names;

/// Unsampled spans that may wait for the end of their calls, some kilobytes each.
const MAX_WAITING: usize = 16_384;

/// Lets sampled spans through at once, and of the others those of calls that are worth it.
#[derive(Debug)]
pub(crate) struct TailSamplingProcessor {
    rules: Rules,
    waiting: Buffer,
    next: SpanQueue,
}

impl TailSamplingProcessor {
    pub(crate) fn new(rules: Rules, next: SpanQueue) -> Self {
        Self {
            rules,
            waiting: Buffer::new(MAX_WAITING),
            next,
        }
    }

    fn keep(&self, mut span: SpanData, reason: &'static str) {
        span.attributes
            .push(KeyValue::new(names::TRACE_KEPT, reason));
        self.next.enqueue(span);
    }
}

impl SpanProcessor for TailSamplingProcessor {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            return self.next.on_end(span);
        }
        let account = self.next.account();
        account.begin();
        let reason = self.rules.reason(&span);
        if !is_local_root(&span) {
            return account.drop_for_full_buffer(self.waiting.add(span, reason));
        }
        let below = self.waiting.take(&span);
        let Some(reason) = reason.or(below.reason) else {
            return account.drop_as_not_kept(below.spans.len() + 1);
        };
        for span in below.spans {
            self.keep(span, reason);
        }
        self.keep(span, reason);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }
}
