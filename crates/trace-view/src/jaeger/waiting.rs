//! How long to repeat a query: a trace arrives in pieces, each program's when it
//! next exports.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry::TraceId;
use tokio::time::{Instant, sleep};

use super::{Jaeger, JaegerError, QueryError};

/// How long a trace usually may take to arrive.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(30);

/// How long to wait between two queries.
const INTERVAL: Duration = Duration::from_millis(250);

/// A trace whose last span ended this long ago has no more to come: programs
/// export every 5 seconds, and collectors pass on sooner.
const SETTLED_AFTER: Duration = Duration::from_secs(15);

impl Jaeger {
    /// Queries a trace every 250 ms until `done` returns true for its spans, until all of them
    /// ended more than 15 seconds ago, or for `limit`. Returns the spans of the last response.
    ///
    /// # Errors
    /// When Jaeger can't be queried, or the trace isn't there within `limit`.
    pub async fn wait_for(
        &self,
        trace_id: TraceId,
        limit: Duration,
        mut done: impl FnMut(&[ReceivedSpan]) -> bool,
    ) -> Result<Vec<ReceivedSpan>, JaegerError> {
        let deadline = Instant::now() + limit;
        loop {
            let spans = self.spans(trace_id).await?;
            if !spans.is_empty() && (done(&spans) || settled(&spans, SystemTime::now())) {
                return Ok(spans);
            }
            if Instant::now() + INTERVAL > deadline {
                return match spans.is_empty() {
                    true => Err(self.error(QueryError::NotFound {
                        trace_id,
                        waited: limit,
                    })),
                    false => Ok(spans),
                };
            }
            sleep(INTERVAL).await;
        }
    }
}

/// Whether all of `spans` ended so long ago that none is in flight any more.
fn settled(spans: &[ReceivedSpan], now: SystemTime) -> bool {
    let ends = spans.iter().map(|it| it.span.end_time_unix_nano);
    let last = Duration::from_nanos(ends.max().unwrap_or_default());
    let age = now.duration_since(UNIX_EPOCH + last);
    // One that ends in the future is by another clock: it is young.
    age.is_ok_and(|age| age > SETTLED_AFTER)
}

#[cfg(test)]
mod tests;
