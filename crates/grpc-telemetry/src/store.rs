//! A CLIENT span for each statement or command that a program sends to a store.

mod open_span;
mod shared;

use std::borrow::Cow;
use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{FutureExt, TraceContextExt};
use opentelemetry::{Context, InstrumentationScope, KeyValue, Value, global};

use self::open_span::OpenSpan;
use crate::metrics::StoreDurations;
use crate::names;
use crate::rpc::budget::SpanBudget;

pub use self::shared::SharingCall;

/// One store, as the program was configured to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// `db.system.name`: "postgresql", "sqlite" or "redis".
    pub system: &'static str,
    /// `db.namespace`: the database and schema, the file or the index.
    pub namespace: Arc<str>,
    /// `server.address`; none for a store inside the process.
    pub address: Option<Arc<str>>,
    /// `server.port`, where it is not the usual one of the system.
    pub port: Option<u16>,
}

/// One statement or command: every text here is fixed, no parameter is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The name of the span, and `db.query.summary` of a statement: "SELECT users", "GET".
    pub summary: &'static str,
    /// `db.operation.name`: "SELECT", "GET".
    pub name: &'static str,
    /// `db.collection.name`: the table of a statement.
    pub collection: Option<&'static str>,
    /// `db.query.text`: the statement, with placeholders.
    pub text: Option<&'static str>,
    /// `db.operation.batch.size`, for several operations sent as one.
    pub batch_size: Option<usize>,
}

/// What a failed operation says of itself; never a message, which may hold personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `error.type`: the store's code, or a stable word such as "timeout".
    pub error_type: Cow<'static, str>,
    /// `db.response.status_code`, where the store returned one.
    pub status_code: Option<String>,
}

impl Failure {
    /// The caller no longer waits for the result.
    fn cancelled() -> Self {
        Self {
            error_type: Cow::Borrowed(names::CANCELLED),
            status_code: None,
        }
    }
}

/// The tracer of all spans of stores. First used inside a recording trace, so
/// after telemetry was started.
static TRACER: LazyLock<BoxedTracer> = LazyLock::new(|| {
    let scope = InstrumentationScope::builder(names::STORE_SCOPE)
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(names::SCHEMA_URL);
    global::tracer_with_scope(scope.build())
});

/// The metric of all stores. First used with the first statement, so after telemetry was started.
static DURATIONS: LazyLock<StoreDurations> = LazyLock::new(StoreDurations::new);

/// Runs `work` inside a span of `operation` on `store`. `failure` describes an
/// error of it. No span is made outside of a recording trace, nor when the call
/// that this belongs to has reached its maximum; the metric counts it in any case.
///
/// # Errors
/// Those of `work`.
pub async fn observe<T, E>(
    store: &Store,
    operation: Operation,
    work: impl Future<Output = Result<T, E>>,
    failure: impl Fn(&E) -> Failure,
) -> Result<T, E> {
    let mut measured = Measured {
        store,
        operation,
        started: Instant::now(),
        failure: Some(Failure::cancelled()),
    };
    let result = traced(store, operation, work, &failure).await;
    measured.failure = result.as_ref().err().map(failure);
    result
}

/// An operation whose duration counts when it ends, also when its caller has stopped waiting.
struct Measured<'a> {
    store: &'a Store,
    operation: Operation,
    started: Instant,
    failure: Option<Failure>,
}

impl Drop for Measured<'_> {
    fn drop(&mut self) {
        let (took, failure) = (self.started.elapsed(), self.failure.take());
        DURATIONS.record(self.store, self.operation, took, failure);
    }
}

async fn traced<T, E>(
    store: &Store,
    operation: Operation,
    work: impl Future<Output = Result<T, E>>,
    failure: &impl Fn(&E) -> Failure,
) -> Result<T, E> {
    let recording = Context::map_current(|context| context.span().is_recording());
    if !recording || !SpanBudget::allows() {
        return work.await;
    }
    let span = OpenSpan::start(store, operation);
    let result = work.with_context(span.context()).await;
    span.end(result.as_ref().err().map(failure));
    result
}

fn attributes(store: &Store, operation: Operation) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new(names::DB_SYSTEM_NAME, store.system),
        KeyValue::new(names::DB_NAMESPACE, store.namespace.clone()),
        KeyValue::new(names::DB_OPERATION_NAME, operation.name),
    ];
    let mut add = |name, value: Option<Value>| {
        attributes.extend(value.map(|value| KeyValue::new(name, value)));
    };
    add(
        names::DB_COLLECTION_NAME,
        operation.collection.map(Value::from),
    );
    let summary = operation.text.map(|_| operation.summary);
    add(names::DB_QUERY_SUMMARY, summary.map(Value::from));
    add(names::DB_QUERY_TEXT, operation.text.map(Value::from));
    let size = operation.batch_size.filter(|size| *size != 1);
    add(
        names::DB_OPERATION_BATCH_SIZE,
        size.map(|size| (size as i64).into()),
    );
    add(
        names::SERVER_ADDRESS,
        store.address.clone().map(Value::from),
    );
    add(
        names::SERVER_PORT,
        store.port.map(|port| i64::from(port).into()),
    );
    attributes
}
