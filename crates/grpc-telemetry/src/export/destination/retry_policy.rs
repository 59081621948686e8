//! How often the SDK's exporters try an export again.

use opentelemetry_otlp::RetryPolicy;

use super::Destination;

impl Destination {
    pub(super) fn retry_policy(&self) -> RetryPolicy {
        match self.retry {
            true => RetryPolicy::recommended(),
            false => RetryPolicy::disabled(),
        }
    }
}
