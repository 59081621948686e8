//! How long to go on asking: a trace arrives in pieces, each program's when it
//! next exports.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry::TraceId;
use tokio::time::{Instant, sleep};

use super::Jaeger;
use crate::failure::Failure;
use crate::outcome::Outcome;

/// How long a trace may take to arrive if nothing else is asked for.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait between two questions.
const INTERVAL: Duration = Duration::from_millis(250);

/// A trace whose last span ended this long ago has no more to come: programs
/// export every 5 seconds, and collectors pass on sooner.
const SETTLED_AFTER: Duration = Duration::from_secs(15);

impl Jaeger {
    /// Asks for a trace until `done` says so of its spans, until none can be
    /// on its way any more, or for `limit`: the spans are those of the last answer.
    ///
    /// # Errors
    /// When Jaeger can't be asked, or the trace isn't there within `limit`.
    pub async fn wait_for(
        &self,
        trace_id: TraceId,
        limit: Duration,
        mut done: impl FnMut(&[ReceivedSpan]) -> bool,
    ) -> Result<Vec<ReceivedSpan>, Failure> {
        let deadline = Instant::now() + limit;
        loop {
            let spans = self.spans(trace_id).await?;
            if !spans.is_empty() && (done(&spans) || settled(&spans, SystemTime::now())) {
                return Ok(spans);
            }
            if Instant::now() + INTERVAL > deadline {
                return match spans.is_empty() {
                    true => Err(self.not_found(trace_id, limit)),
                    false => Ok(spans),
                };
            }
            sleep(INTERVAL).await;
        }
    }

    fn not_found(&self, trace_id: TraceId, limit: Duration) -> Failure {
        let sentence = format!(
            "the trace {trace_id} was not found within {} in Jaeger at {}; see whether the \
             programs export to it (OTEL_EXPORTER_OTLP_ENDPOINT), and whether the trace was \
             sampled (OTEL_TRACES_SAMPLER)",
            humantime::format_duration(limit),
            self.address()
        );
        Failure {
            outcome: Outcome::NotFound,
            ..Failure::new(sentence)
        }
    }
}

/// Whether all of `spans` ended so long ago that none is on its way any more.
fn settled(spans: &[ReceivedSpan], now: SystemTime) -> bool {
    let ends = spans.iter().map(|it| it.span.end_time_unix_nano);
    let last = Duration::from_nanos(ends.max().unwrap_or_default());
    let age = now.duration_since(UNIX_EPOCH + last);
    // One that ends in the future is by another clock: it is young.
    age.is_ok_and(|age| age > SETTLED_AFTER)
}

#[cfg(test)]
mod tests;
