//! `OTEL_BSP_*`: how spans wait for their export.

use std::num::NonZeroU32;
use std::time::Duration;

use opentelemetry_sdk::trace::{BatchConfig, BatchConfigBuilder};

use super::Environment;

/// Spans that wait; the SDK's default of 2,048 is lost in a burst.
const QUEUE_SIZE: usize = 16_384;
const BATCH_SIZE: usize = 512;
const DELAY: Duration = Duration::from_secs(5);

impl Environment {
    /// How spans are gathered into batches.
    pub(crate) fn span_batches(&self) -> BatchConfig {
        let size = |name, default| self.positive(name).map_or(default, |it| it.get() as usize);
        let delay = self.positive("OTEL_BSP_SCHEDULE_DELAY");
        let delay = delay.map(|it| Duration::from_millis(it.get().into()));
        BatchConfigBuilder::default()
            .with_max_queue_size(size("OTEL_BSP_MAX_QUEUE_SIZE", QUEUE_SIZE))
            .with_max_export_batch_size(size("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH_SIZE))
            .with_scheduled_delay(delay.unwrap_or(DELAY))
            .build()
    }

    fn positive(&self, name: &str) -> Option<NonZeroU32> {
        self.number(name)
    }
}
