//! How long statements and commands take, by the database conventions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use opentelemetry::metrics::{BoundHistogram, Histogram};
use opentelemetry::{KeyValue, global};

use super::SCOPE;
use crate::names;
use crate::store::{Operation, Store};

/// Seconds: those of the conventions and, below their 1 ms, what a cache takes.
const BOUNDS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0,
];

/// A system, an operation and its summary: all fixed, so there are few.
type Labels = (&'static str, &'static str, &'static str);

/// The histogram of all stores. What worked is bound to its labels once.
#[derive(Debug)]
pub(crate) struct StoreDurations {
    histogram: Histogram<f64>,
    of_successes: RwLock<HashMap<Labels, BoundHistogram<f64>>>,
}

impl StoreDurations {
    pub(crate) fn new() -> Self {
        let meter = global::meter(SCOPE);
        let histogram = meter
            .f64_histogram(names::DB_DURATION)
            .with_unit("s")
            .with_description("Duration of statements and commands.")
            .with_boundaries(BOUNDS.to_vec());
        Self {
            histogram: histogram.build(),
            of_successes: RwLock::default(),
        }
    }

    /// An operation took so long and ended so.
    pub(crate) fn record(
        &self,
        store: &Store,
        operation: Operation,
        took: Duration,
        error_type: Option<Cow<'static, str>>,
    ) {
        let of = (store.system, operation.name, operation.summary);
        let seconds = took.as_secs_f64();
        let Some(error_type) = error_type else {
            return self.record_success(of, seconds);
        };
        let error_type = KeyValue::new(names::ERROR_TYPE, error_type);
        let [system, name, summary] = labels(of);
        let labels = [system, name, summary, error_type];
        self.histogram.record(seconds, &labels);
    }

    fn record_success(&self, of: Labels, seconds: f64) {
        let bound = self.of_successes.read();
        let bound = bound.unwrap_or_else(PoisonError::into_inner);
        if let Some(bound) = bound.get(&of) {
            return bound.record(seconds);
        }
        drop(bound);
        let bound = self.of_successes.write();
        let mut bound = bound.unwrap_or_else(PoisonError::into_inner);
        let bind = || self.histogram.bind(&labels(of));
        bound.entry(of).or_insert_with(bind).record(seconds);
    }
}

fn labels((system, name, summary): Labels) -> [KeyValue; 3] {
    [
        KeyValue::new(names::DB_SYSTEM_NAME, system),
        KeyValue::new(names::DB_OPERATION_NAME, name),
        KeyValue::new(names::DB_QUERY_SUMMARY, summary),
    ]
}
