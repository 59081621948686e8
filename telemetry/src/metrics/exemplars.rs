//! Exemplars: for each bucket of a histogram of calls the last sampled call that
//! fell into it. The SDK has none.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::StringValue;
use opentelemetry::trace::{SpanId, TraceId};

/// A call that stands for a bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exemplar {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) value: f64,
    pub(super) time: SystemTime,
}

/// A metric, a method, a code and a bucket: each from a bounded set.
type Key = (&'static str, StringValue, &'static str, usize);

/// Of the whole process, as the instruments are.
static EXEMPLARS: LazyLock<Mutex<HashMap<Key, Exemplar>>> = LazyLock::new(Mutex::default);

/// Keeps `exemplar`, unless somebody is at it: another one comes soon.
pub(super) fn put(
    metric: &'static str,
    method: &StringValue,
    code: &'static str,
    bucket: usize,
    exemplar: Exemplar,
) {
    if let Ok(mut exemplars) = EXEMPLARS.try_lock() {
        exemplars.insert((metric, method.clone(), code, bucket), exemplar);
    }
}

/// All there are, for one reading.
pub(super) fn all() -> MutexGuard<'static, HashMap<Key, Exemplar>> {
    EXEMPLARS.lock().unwrap_or_else(PoisonError::into_inner)
}
