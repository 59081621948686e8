//! What is worth keeping.

use std::time::Duration;

use crate::environment::Environment;
use crate::spans::EndedSpan;

/// Reasons to keep a call, as `TRACE_KEEP` names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    errors: bool,
    slow: Option<Duration>,
}

/// `TRACE_KEEP` is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "TRACE_KEEP has {0:?}, which is not a reason to keep a trace: it is a list of \"errors\" and \"slow:<duration>\", such as errors,slow:250ms"
)]
pub struct RulesError(String);

impl Rules {
    /// Those that `TRACE_KEEP` lists; `None` for none.
    pub(crate) fn of(environment: &Environment) -> Result<Option<Self>, RulesError> {
        environment.get("TRACE_KEEP").map_or(Ok(None), Self::parse)
    }

    /// The rules in `list`, such as `errors,slow:250ms`; `None` for none.
    fn parse(list: &str) -> Result<Option<Self>, RulesError> {
        let mut rules = Self::default();
        let reasons = list.split(',').map(str::trim);
        for reason in reasons.filter(|reason| !reason.is_empty()) {
            let slow = || humantime::parse_duration(reason.strip_prefix("slow:")?).ok();
            match slow() {
                Some(limit) => rules.slow = Some(limit),
                None if reason == "errors" => rules.errors = true,
                None => return Err(RulesError(reason.to_owned())),
            }
        }
        Ok((rules != Self::default()).then_some(rules))
    }

    /// Why `span` is worth keeping, if it is.
    pub(super) fn reason(&self, span: &EndedSpan) -> Option<&'static str> {
        if !span.is_call && !span.is_local_root {
            // Part of a call, which handles its own failures.
            return None;
        }
        if self.errors && span.has_failed {
            return Some("error");
        }
        let took = span.ended.duration_since(span.started).unwrap_or_default();
        let slow = self.slow.is_some_and(|limit| took >= limit);
        slow.then_some("slow")
    }
}

#[cfg(test)]
mod tests;
