//! Without the feature `tail-sampling`: what is not sampled is not recorded.

use opentelemetry_sdk::trace::TracerProviderBuilder;

use crate::environment::Environment;
use crate::export::SpanQueue;
use crate::head_sampling::HeadSampler;
use crate::options::InitError;

/// None.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept;

impl Kept {
    pub(crate) fn of(_: &Environment) -> Result<Self, InitError> {
        Ok(Self)
    }

    pub(crate) fn sample(
        self,
        builder: TracerProviderBuilder,
        sampler: HeadSampler,
    ) -> TracerProviderBuilder {
        builder.with_sampler(sampler)
    }

    pub(crate) fn export(
        self,
        builder: TracerProviderBuilder,
        queue: SpanQueue,
    ) -> TracerProviderBuilder {
        builder.with_span_processor(queue)
    }
}
