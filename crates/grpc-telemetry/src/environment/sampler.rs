//! `OTEL_TRACES_SAMPLER` and its argument, and `TRACE_KEEP`.

use opentelemetry_sdk::trace::Sampler;

use super::Environment;
use super::value::ratio;
use crate::keep::{Rules, RulesError};

impl Environment {
    /// Which traces are sampled where nobody has decided it yet, and whether a caller decides.
    pub(crate) fn sampler(&self) -> Sampler {
        let parent_based = |root| Sampler::ParentBased(Box::new(root));
        match self.get("OTEL_TRACES_SAMPLER") {
            Some("always_on") => Sampler::AlwaysOn,
            Some("always_off") => Sampler::AlwaysOff,
            Some("traceidratio") => self.by_ratio(),
            Some("parentbased_always_off") => parent_based(Sampler::AlwaysOff),
            Some("parentbased_traceidratio") => parent_based(self.by_ratio()),
            _ => parent_based(Sampler::AlwaysOn),
        }
    }

    /// `TRACE_KEEP`: which traces are kept that are not sampled.
    pub(crate) fn trace_keep(&self) -> Result<Option<Rules>, RulesError> {
        self.get("TRACE_KEEP").map_or(Ok(None), Rules::parse)
    }

    fn by_ratio(&self) -> Sampler {
        let argument = self.get("OTEL_TRACES_SAMPLER_ARG").and_then(ratio);
        Sampler::TraceIdRatioBased(argument.unwrap_or(1.0))
    }
}
