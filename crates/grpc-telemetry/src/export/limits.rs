//! How what is exported waits and travels.

use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkError;

/// How spans or log records wait and travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchLimits {
    /// How many wait, at most.
    pub(crate) queue_size: usize,
    /// How many there are in one export, at most.
    pub(crate) batch_size: usize,
    /// How long one waits for others, at most.
    pub(crate) delay: Duration,
    /// How long one attempt of an export may take, whatever the exporter's own limits are.
    pub(crate) export_limit: Duration,
    /// Exports in flight, at most.
    pub(crate) exports: usize,
}

/// What comes of an export: how many of its batch the endpoint refused.
pub(crate) type Exported = Result<u64, OTelSdkError>;
