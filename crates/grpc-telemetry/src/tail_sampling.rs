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

pub(crate) use self::processor::TailSamplingProcessor;
pub(crate) use self::rules::Rules;
pub use self::rules::RulesError;
pub(crate) use self::sampler::RecordAllSampler;
