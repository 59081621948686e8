//! The rows, by what they compare.

pub(crate) mod growth;
pub(crate) mod idle;
pub(crate) mod instructions;
pub(crate) mod start;
pub(crate) mod stores;
pub(crate) mod streams;
pub(crate) mod tonic;
pub(crate) mod tracing;

/// user-service without telemetry.
pub(crate) const UNTRACED: (&str, &str) = ("OTEL_SDK_DISABLED", "true");
/// Every call goes to the store.
pub(crate) const NO_CACHE: (&str, &str) = ("CACHE_TTL", "0s");
