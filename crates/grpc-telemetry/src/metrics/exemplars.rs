//! Exemplars: for each bucket of a histogram of calls the last sampled call that
//! fell into it. The SDK has none.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

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
type Series = (&'static str, &'static str, &'static str);

type Buckets = [Option<Exemplar>; BUCKETS];

/// Of the whole process, as the instruments are.
static ALL: LazyLock<Mutex<HashMap<Series, Exemplars>>> = LazyLock::new(Mutex::default);

/// The exemplars of one series. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Exemplars(Arc<Mutex<Buckets>>);

impl Exemplars {
    /// Those of the calls of `method` that end with `code`, in `metric`.
    pub(super) fn of(metric: &'static str, method: &'static str, code: &'static str) -> Self {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry((metric, method, code)).or_default().clone()
    }

    /// Keeps `exemplar`, unless the place is locked: another one comes soon.
    pub(super) fn put(&self, bucket: usize, exemplar: Exemplar) {
        let Ok(mut buckets) = self.0.try_lock() else {
            return;
        };
        if let Some(place) = buckets.get_mut(bucket) {
            *place = Some(exemplar);
        }
    }
}

/// Those of one series, by bucket.
pub(super) fn by_bucket(metric: &str, method: &str, code: &str) -> Buckets {
    let all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let of_series = |exemplars: &Exemplars| {
        let buckets = exemplars.0.lock().unwrap_or_else(PoisonError::into_inner);
        *buckets
    };
    let found = all
        .iter()
        .find(|(series, _)| **series == (metric, method, code));
    found.map(|(_, it)| of_series(it)).unwrap_or_default()
}
