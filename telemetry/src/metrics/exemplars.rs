//! Exemplars: for each bucket of a histogram of calls the last sampled call that
//! fell into it. The SDK has none.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use opentelemetry::StringValue;
use opentelemetry::trace::{SpanId, TraceId};

use super::calls::BUCKETS;

/// A call that stands for a bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exemplar {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) value: f64,
    pub(super) time: SystemTime,
}

/// A metric, a method and a code: each from a bounded set.
type Series = (&'static str, StringValue, &'static str);

type Buckets = [Option<Exemplar>; BUCKETS];

/// Of the whole process, as the instruments are.
static EXEMPLARS: LazyLock<Mutex<HashMap<Series, Buckets>>> = LazyLock::new(Mutex::default);

/// Keeps `exemplar`, unless somebody is at it: another one comes soon.
pub(super) fn put(
    metric: &'static str,
    method: &StringValue,
    code: &'static str,
    bucket: usize,
    exemplar: Exemplar,
) {
    let Ok(mut exemplars) = EXEMPLARS.try_lock() else {
        return;
    };
    let buckets = exemplars.entry((metric, method.clone(), code)).or_default();
    if let Some(place) = buckets.get_mut(bucket) {
        *place = Some(exemplar);
    }
}

/// Those of one series, by bucket.
pub(super) fn of(metric: &str, method: &str, code: &str) -> Buckets {
    let exemplars = EXEMPLARS.lock().unwrap_or_else(PoisonError::into_inner);
    let found = exemplars.iter().find(|((of, its_method, its_code), _)| {
        (*of, its_method.as_str(), *its_code) == (metric, method, code)
    });
    found.map(|(_, buckets)| *buckets).unwrap_or_default()
}
