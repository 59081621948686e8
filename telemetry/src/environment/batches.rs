//! `OTEL_BSP_*`: how spans wait for their export.

use std::num::NonZeroU32;
use std::time::Duration;

use super::Environment;
use crate::export::BatchLimits;

/// Spans that wait; the SDK's default of 2,048 is lost in a burst.
const QUEUE_SIZE: usize = 16_384;
const BATCH_SIZE: usize = 512;
const DELAY: Duration = Duration::from_secs(5);
const EXPORT_LIMIT: Duration = Duration::from_secs(30);
/// While one export waits for its answer, the next is on its way.
const EXPORTS: usize = 2;

impl Environment {
    /// How spans are gathered into batches.
    pub(crate) fn span_batches(&self) -> BatchLimits {
        let size = |name, default| self.positive(name).map_or(default, |it| it.get() as usize);
        let millis = |name, default| {
            self.positive(name)
                .map_or(default, |it| Duration::from_millis(it.get().into()))
        };
        BatchLimits {
            queue_size: size("OTEL_BSP_MAX_QUEUE_SIZE", QUEUE_SIZE),
            batch_size: size("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH_SIZE),
            delay: millis("OTEL_BSP_SCHEDULE_DELAY", DELAY),
            export_limit: millis("OTEL_BSP_EXPORT_TIMEOUT", EXPORT_LIMIT),
            exports: size("OTEL_BSP_MAX_CONCURRENT_EXPORTS", EXPORTS),
        }
    }

    fn positive(&self, name: &str) -> Option<NonZeroU32> {
        self.number(name)
    }
}
