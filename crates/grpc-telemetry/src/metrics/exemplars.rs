//! Exemplars: for each bucket of a histogram of calls the last sampled call that
//! fell into it. The SDK has none.

mod otlp;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanId, TraceId};

pub(super) use self::otlp::add;
use super::calls::BUCKETS;

/// A call that stands for a bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exemplar {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) value: f64,
    pub(super) time: SystemTime,
}

type Buckets = [Option<Exemplar>; BUCKETS];

/// A metric with the labels of one of its series, and its exemplars.
type Series = (&'static str, Vec<KeyValue>, Exemplars);

/// Of the whole process, as the instruments are. Methods with their codes: there are few.
static ALL: Mutex<Vec<Series>> = Mutex::new(Vec::new());

/// The exemplars of one series. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Exemplars(Arc<Mutex<Buckets>>);

impl Exemplars {
    /// Those of the series of `metric` with these `labels`.
    pub(super) fn of(metric: &'static str, labels: Vec<KeyValue>) -> Self {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().find(|it| it.0 == metric && it.1 == labels);
        if let Some((_, _, exemplars)) = known {
            return exemplars.clone();
        }
        let exemplars = Self::default();
        all.push((metric, labels, exemplars.clone()));
        exemplars
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

/// Those of the series of `metric` whose labels `has` finds all, by bucket.
pub(super) fn by_bucket(metric: &str, has: impl Fn(&KeyValue) -> bool) -> Buckets {
    let all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let of_metric = all.iter().filter(|(name, ..)| *name == metric);
    let found = { of_metric }.find(|(_, labels, _)| labels.iter().all(&has));
    let of_series = |exemplars: &Exemplars| {
        let buckets = exemplars.0.lock().unwrap_or_else(PoisonError::into_inner);
        *buckets
    };
    found.map(|(.., it)| of_series(it)).unwrap_or_default()
}
