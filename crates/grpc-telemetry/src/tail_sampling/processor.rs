//! Decides at the end of each call.

use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;

use super::buffer::Buffer;
use super::rules::Rules;
use crate::export::{EncodedSpan, SpanQueue};
use crate::names;
use crate::spans::{EndedSpan, Processor};

/// Unsampled spans that may wait for the end of their calls, about half a kilobyte each.
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

    fn keep(&self, mut span: EncodedSpan, reason: &str) {
        span.add(names::TRACE_KEPT, reason);
        self.next.enqueue(&span);
    }
}

impl Processor for TailSamplingProcessor {
    fn take(&self, span: EndedSpan) {
        if span.is_sampled {
            return self.next.take(span);
        }
        let account = self.next.account();
        account.begin();
        let reason = self.rules.reason(&span);
        if !span.is_local_root {
            return account.drop_for_full_buffer(self.waiting.add(span, reason));
        }
        let below = self.waiting.take(&span);
        let Some(reason) = reason.or(below.reason) else {
            return account.drop_as_not_kept(below.spans.len() + 1);
        };
        for span in below.spans {
            self.keep(span, reason);
        }
        self.keep(span.encoded, reason);
    }

    fn flush(&self, limit: Duration) -> OTelSdkResult {
        self.next.flush(limit)
    }

    fn stop(&self, limit: Duration) -> OTelSdkResult {
        self.next.stop(limit)
    }
}
