//! How long statements and commands take, by the database conventions.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundHistogram, Histogram};

use super::meter;
use crate::names;
use crate::store::{Failure, Operation, Store};

/// Seconds: those of the conventions and, below their 1 ms, what a cache takes.
const BOUNDS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0,
];

/// An operation by its name, its summary and its table: all fixed, so there are few.
type Name = (&'static str, &'static str, Option<&'static str>);

/// What worked of one operation, for each store that it was sent to: one, as a rule.
type OfStores = Vec<(Store, BoundHistogram<f64>)>;

/// The histogram of all stores. What worked is bound to its labels once.
#[derive(Debug)]
pub(crate) struct StoreDurations {
    histogram: Histogram<f64>,
    of_successes: RwLock<HashMap<Name, OfStores>>,
}

impl StoreDurations {
    pub(crate) fn new() -> Self {
        let meter = meter();
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
        failure: Option<Failure>,
    ) {
        let seconds = took.as_secs_f64();
        let Some(failure) = failure else {
            return self.record_success(store, operation, seconds);
        };
        let mut labels = labels(store, operation);
        labels.push(KeyValue::new(names::ERROR_TYPE, failure.error_type));
        let code = failure.status_code;
        labels.extend(code.map(|it| KeyValue::new(names::DB_RESPONSE_STATUS_CODE, it)));
        self.histogram.record(seconds, &labels);
    }

    fn record_success(&self, store: &Store, operation: Operation, seconds: f64) {
        let name = (operation.name, operation.summary, operation.collection);
        let bound = self.of_successes.read();
        let bound = bound.unwrap_or_else(PoisonError::into_inner);
        if let Some(bound) = bound.get(&name).and_then(|it| of_store(it, store)) {
            return bound.record(seconds);
        }
        drop(bound);
        let bound = self.of_successes.write();
        let mut bound = bound.unwrap_or_else(PoisonError::into_inner);
        let of_stores = bound.entry(name).or_default();
        // Another operation may have bound it meanwhile.
        if let Some(bound) = of_store(of_stores, store) {
            return bound.record(seconds);
        }
        let histogram = self.histogram.bind(&labels(store, operation));
        histogram.record(seconds);
        of_stores.push((store.clone(), histogram));
    }
}

fn of_store<'a>(of_stores: &'a OfStores, store: &Store) -> Option<&'a BoundHistogram<f64>> {
    let found = of_stores.iter().find(|(other, _)| other == store);
    found.map(|(_, bound)| bound)
}

fn labels(store: &Store, operation: Operation) -> Vec<KeyValue> {
    let mut labels = vec![
        KeyValue::new(names::DB_SYSTEM_NAME, store.system),
        KeyValue::new(names::DB_NAMESPACE, store.namespace.clone()),
        KeyValue::new(names::DB_OPERATION_NAME, operation.name),
        KeyValue::new(names::DB_QUERY_SUMMARY, operation.summary),
    ];
    let collection = operation.collection;
    labels.extend(collection.map(|it| KeyValue::new(names::DB_COLLECTION_NAME, it)));
    let address = store.address.clone();
    labels.extend(address.map(|it| KeyValue::new(names::SERVER_ADDRESS, it)));
    let port = store.port.map(i64::from);
    labels.extend(port.map(|it| KeyValue::new(names::SERVER_PORT, it)));
    labels
}
