//! Without the feature `tail-sampling`: what is not sampled is not recorded.

use opentelemetry_sdk::trace::ShouldSample;

use crate::environment::Environment;
use crate::export::SpanQueue;
use crate::head_sampling::HeadSampler;
use crate::options::InitError;
use crate::spans::Processor;

/// None.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept;

impl Kept {
    pub(crate) fn of(_: &Environment) -> Result<Self, InitError> {
        Ok(Self)
    }

    pub(crate) fn sample(self, sampler: HeadSampler) -> Box<dyn ShouldSample> {
        Box::new(sampler)
    }

    pub(crate) fn export(self, queue: SpanQueue) -> Box<dyn Processor> {
        Box::new(queue)
    }
}
