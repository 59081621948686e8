//! Tail sampling, by `TRACE_KEEP`: calls that are exported although they were not sampled, because
//! of how they ended.
//!
//! A sampler decides before there is an error, so it can't choose the calls that
//! fail. With `TRACE_KEEP` every call is recorded; what was not sampled waits in
//! this process until its call has ended and is exported only if that was an
//! error, or slow. Each process decides for its own part of a trace, and caller
//! and server see the same status: both halves of a failed call are kept. Kept
//! spans carry [`names::TRACE_KEPT`] and no sampled flag, so that what was
//! sampled still stands for the rest.
//!
//! [`names::TRACE_KEPT`]: crate::names::TRACE_KEPT

mod buffer;
mod processor;
mod rules;
mod sampler;

use opentelemetry_sdk::trace::ShouldSample;

use self::processor::TailSamplingProcessor;
use self::rules::Rules;
pub use self::rules::RulesError;
use self::sampler::RecordAllSampler;
use crate::environment::Environment;
use crate::export::SpanQueue;
use crate::head_sampling::HeadSampler;
use crate::options::InitError;
use crate::spans::Processor;

/// Which traces are kept that were not sampled; none without `TRACE_KEEP`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept(Option<Rules>);

impl Kept {
    /// What `environment` requires.
    pub(crate) fn of(environment: &Environment) -> Result<Self, InitError> {
        Ok(Self(Rules::of(environment)?))
    }

    /// Samples as `sampler` says, and records what may be kept.
    pub(crate) fn sample(self, sampler: HeadSampler) -> Box<dyn ShouldSample> {
        match self.0 {
            Some(_) => Box::new(RecordAllSampler(sampler)),
            None => Box::new(sampler),
        }
    }

    /// Has what is sampled or kept exported by `queue`.
    pub(crate) fn export(self, queue: SpanQueue) -> Box<dyn Processor> {
        match self.0 {
            Some(rules) => Box::new(TailSamplingProcessor::new(rules, queue)),
            None => Box::new(queue),
        }
    }
}
