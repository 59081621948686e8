//! Head sampling: the sampler of the environment, which also follows callers that decide without
//! sending a context.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

/// In the context of a call whose caller doesn't sample its trace, and therefore sent no context,
/// as Kitex clients do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsampled;

/// The sampler of the environment. One that is based on the parent drops spans of callers that
/// are [`Unsampled`].
#[derive(Clone, Debug)]
pub(crate) struct HeadSampler(pub(crate) Sampler);

impl HeadSampler {
    fn is_unsampled(&self, parent: Option<&Context>) -> bool {
        let unsampled = |parent: &&Context| parent.get::<Unsampled>().is_some();
        let parent = parent.filter(unsampled);
        // Spans below the first one have it as their parent.
        let is_root = parent.is_some_and(|parent| !parent.span().span_context().is_valid());
        is_root && matches!(self.0, Sampler::ParentBased(_))
    }
}

impl ShouldSample for HeadSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let sampler = &self.0;
        let mut result = sampler.should_sample(parent, trace_id, name, kind, attributes, links);
        if self.is_unsampled(parent) {
            result.decision = SamplingDecision::Drop;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(sampler: Sampler, parent: &Context) -> SamplingDecision {
        let sampler = HeadSampler(sampler);
        let trace_id = TraceId::from(7);
        let result = sampler.should_sample(Some(parent), trace_id, "", &SpanKind::Server, &[], &[]);
        result.decision
    }

    #[test]
    fn a_caller_that_does_not_sample_decides_where_callers_do() {
        let parent_based = || Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
        let caller = Context::new().with_value(Unsampled);
        assert_eq!(decision(parent_based(), &caller), SamplingDecision::Drop);
        let sampled = SamplingDecision::RecordAndSample;
        assert_eq!(decision(parent_based(), &Context::new()), sampled);
        assert_eq!(decision(Sampler::AlwaysOn, &caller), sampled);
    }
}
