//! `OTEL_LOGRECORD_*` and `OTEL_BLRP_*`: how much a log record may hold, and how it waits.

use std::time::Duration;

use super::Environment;
use crate::export::BatchLimits;

/// Attributes that a log record may have, by the specification.
const LOG_ATTRIBUTES: usize = 128;

/// How much a log record may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogLimits {
    pub(crate) attributes: usize,
    /// Characters of a text attribute.
    pub(crate) value_length: Option<usize>,
}

/// As the specification has it; one export after the other, so that records stay in order.
const LOGS: BatchLimits = BatchLimits {
    queue_size: 2_048,
    batch_size: 512,
    delay: Duration::from_secs(1),
    export_limit: Duration::from_secs(30),
    exports: 1,
};

impl Environment {
    /// How much a log record may hold.
    pub(crate) fn log_limits(&self) -> LogLimits {
        let attributes = self.number("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT");
        let value_length = self.number("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT");
        LogLimits {
            attributes: attributes
                .or_else(|| self.number("OTEL_ATTRIBUTE_COUNT_LIMIT"))
                .unwrap_or(LOG_ATTRIBUTES),
            value_length: value_length.or_else(|| self.number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")),
        }
    }

    /// How log records are gathered into batches.
    pub(crate) fn log_batches(&self) -> BatchLimits {
        BatchLimits {
            queue_size: self.size("OTEL_BLRP_MAX_QUEUE_SIZE", LOGS.queue_size),
            batch_size: self.size("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", LOGS.batch_size),
            delay: self.millis("OTEL_BLRP_SCHEDULE_DELAY", LOGS.delay),
            export_limit: self.millis("OTEL_BLRP_EXPORT_TIMEOUT", LOGS.export_limit),
            exports: LOGS.exports,
        }
    }
}
