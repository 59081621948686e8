//! What is worth keeping.

use std::time::Duration;

use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::SpanData;

use crate::environment::Environment;
use crate::names;

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
    pub(super) fn reason(&self, span: &SpanData) -> Option<&'static str> {
        let code = status_code(span);
        if code.is_none() && !is_local_root(span) {
            // Part of a call, which handles its own failures.
            return None;
        }
        let failed = match &code {
            Some(code) => *code != "OK",
            None => matches!(span.status, Status::Error { .. }),
        };
        if self.errors && failed {
            return Some("error");
        }
        let duration = span.end_time.duration_since(span.start_time);
        let slow = self
            .slow
            .is_some_and(|limit| duration.is_ok_and(|it| it >= limit));
        slow.then_some("slow")
    }
}

/// Whether `span` is the first one of its trace in this process.
pub(super) fn is_local_root(span: &SpanData) -> bool {
    span.parent_span_is_remote || span.parent_span_id == SpanId::INVALID
}

/// The status of a gRPC call.
fn status_code(span: &SpanData) -> Option<std::borrow::Cow<'_, str>> {
    let is_code = |attribute: &&opentelemetry::KeyValue| {
        attribute.key.as_str() == names::RPC_RESPONSE_STATUS_CODE
    };
    let attribute = span.attributes.iter().find(is_code)?;
    Some(attribute.value.as_str())
}

#[cfg(test)]
mod tests;
