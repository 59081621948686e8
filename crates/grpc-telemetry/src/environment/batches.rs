//! `OTEL_BSP_*`: how spans wait for their export.

use std::num::NonZeroU32;
use std::time::Duration;

use super::Environment;
use crate::export::BatchLimits;

/// The SDK's default of 2,048 spans is lost in a burst.
const SPANS: BatchLimits = BatchLimits {
    queue_size: 16_384,
    batch_size: 512,
    delay: Duration::from_secs(5),
    export_limit: Duration::from_secs(30),
    // While one export waits for its response, the next one is in flight.
    exports: 2,
};

impl Environment {
    /// How spans are gathered into batches.
    pub(crate) fn span_batches(&self) -> BatchLimits {
        BatchLimits {
            queue_size: self.size("OTEL_BSP_MAX_QUEUE_SIZE", SPANS.queue_size),
            batch_size: self.size("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", SPANS.batch_size),
            delay: self.millis("OTEL_BSP_SCHEDULE_DELAY", SPANS.delay),
            export_limit: self.millis("OTEL_BSP_EXPORT_TIMEOUT", SPANS.export_limit),
            exports: self.size("OTEL_BSP_MAX_CONCURRENT_EXPORTS", SPANS.exports),
        }
    }

    pub(super) fn size(&self, name: &str, default: usize) -> usize {
        self.positive(name).map_or(default, |it| it.get() as usize)
    }

    pub(super) fn millis(&self, name: &str, default: Duration) -> Duration {
        let millis = self.positive(name);
        millis.map_or(default, |it| Duration::from_millis(it.get().into()))
    }

    fn positive(&self, name: &str) -> Option<NonZeroU32> {
        self.number(name)
    }
}
