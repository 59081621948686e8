//! `OTEL_TRACES_SAMPLER` and its argument.

use opentelemetry_sdk::trace::Sampler;

use super::Environment;
use super::syntax::ratio;

impl Environment {
    /// Which traces are sampled if their parent has not decided it, and whether a caller decides.
    pub(crate) fn sampler(&self) -> Sampler {
        let parent_based = |root| Sampler::ParentBased(Box::new(root));
        match self.word("OTEL_TRACES_SAMPLER").as_deref() {
            Some("always_on") => Sampler::AlwaysOn,
            Some("always_off") => Sampler::AlwaysOff,
            Some("traceidratio") => self.by_ratio(),
            Some("parentbased_always_off") => parent_based(Sampler::AlwaysOff),
            Some("parentbased_traceidratio") => parent_based(self.by_ratio()),
            _ => parent_based(Sampler::AlwaysOn),
        }
    }

    fn by_ratio(&self) -> Sampler {
        let argument = self.get("OTEL_TRACES_SAMPLER_ARG").and_then(ratio);
        Sampler::TraceIdRatioBased(argument.unwrap_or(1.0))
    }
}
