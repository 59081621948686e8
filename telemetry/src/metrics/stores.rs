//! How long statements and commands take, by the database conventions.

use std::borrow::Cow;
use std::time::Duration;

use opentelemetry::metrics::Histogram;
use opentelemetry::{KeyValue, global};

use super::SCOPE;
use crate::names;
use crate::store::{Operation, Store};

/// Seconds: those of the conventions and, below their 1 ms, what a cache takes.
const BOUNDS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0,
];

/// The histogram of all stores.
#[derive(Debug)]
pub(crate) struct StoreDurations(Histogram<f64>);

impl StoreDurations {
    pub(crate) fn new() -> Self {
        let meter = global::meter(SCOPE);
        let histogram = meter
            .f64_histogram(names::DB_DURATION)
            .with_unit("s")
            .with_description("How long statements and commands took.")
            .with_boundaries(BOUNDS.to_vec());
        Self(histogram.build())
    }

    /// An operation took so long and ended so.
    pub(crate) fn record(
        &self,
        store: &Store,
        operation: Operation,
        took: Duration,
        error_type: Option<Cow<'static, str>>,
    ) {
        let mut labels = Vec::with_capacity(4);
        labels.push(KeyValue::new(names::DB_SYSTEM_NAME, store.system));
        labels.push(KeyValue::new(names::DB_OPERATION_NAME, operation.name));
        labels.push(KeyValue::new(names::DB_QUERY_SUMMARY, operation.summary));
        labels.extend(error_type.map(|error| KeyValue::new(names::ERROR_TYPE, error)));
        self.0.record(took.as_secs_f64(), &labels);
    }
}
