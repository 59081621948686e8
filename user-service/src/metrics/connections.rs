//! The connections of a pool, by the database conventions: how many there are, and
//! how long statements wait for one.

use std::future::Future;
use std::time::Instant;

use grpc_telemetry::store::Store;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, BoundUpDownCounter, Meter};
use opentelemetry::{KeyValue, global};
use sqlx::{Database, Error, Pool};

use super::SCOPE;

/// Connections to the database, by [`STATE`].
const COUNT: &str = "db.client.connection.count";
/// Maximum connections.
const MAX: &str = "db.client.connection.max";
/// Statements that wait for a connection.
const PENDING: &str = "db.client.connection.pending_requests";
/// Statements that got no connection in time.
const TIMEOUTS: &str = "db.client.connection.timeouts";
/// Time that statements waited for a connection of the pool.
const WAIT_TIME: &str = "db.client.connection.wait_time";

/// Which pool: where it leads to.
const POOL_NAME: &str = "db.client.connection.pool.name";
/// idle or used.
const STATE: &str = "db.client.connection.state";

/// Seconds, up to the limit of the pool. An idle connection is there at once, and
/// one that has to be opened takes some milliseconds.
const BOUNDS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0,
];

/// What waiting for connections of one pool comes to.
pub(crate) struct ConnectionWaits {
    pending: BoundUpDownCounter<i64>,
    timeouts: BoundCounter<u64>,
    waited: BoundHistogram<f64>,
}

impl ConnectionWaits {
    /// Metrics of `pool`, whose connections lead to `store`, and of the waits for a connection.
    /// `kept` is how many of them are kept out of it while nothing uses them.
    pub(crate) fn of<D: Database>(
        pool: &Pool<D>,
        kept: impl Fn() -> usize + Send + Sync + 'static,
        store: &Store,
    ) -> Self {
        let meter = global::meter(SCOPE);
        let name = KeyValue::new(POOL_NAME, pool_name(store));
        observe_pool(&meter, pool, kept, &name);
        Self::new(&meter, &[name])
    }

    fn new(meter: &Meter, labels: &[KeyValue]) -> Self {
        let pending = meter
            .i64_up_down_counter(PENDING)
            .with_unit("{request}")
            .with_description("Statements that wait for a connection of the pool.");
        let timeouts = meter
            .u64_counter(TIMEOUTS)
            .with_unit("{timeout}")
            .with_description("Statements that got no connection of the pool in time.");
        let waited = meter
            .f64_histogram(WAIT_TIME)
            .with_unit("s")
            .with_description("Time that statements waited for a connection of the pool.")
            .with_boundaries(BOUNDS.to_vec());
        Self {
            pending: pending.build().bind(labels),
            timeouts: timeouts.build().bind(labels),
            waited: waited.build().bind(labels),
        }
    }

    /// Waits for `connection`, and counts the wait.
    ///
    /// # Errors
    /// Those of `connection`.
    pub(crate) async fn measure<T>(
        &self,
        connection: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let _pending = Pending::begin(&self.pending);
        let started = Instant::now();
        let result = connection.await;
        match &result {
            Ok(_) => self.waited.record(started.elapsed().as_secs_f64()),
            Err(Error::PoolTimedOut) => self.timeouts.add(1),
            Err(_) => {}
        }
        result
    }
}

/// A statement that waits, until it is dropped: it may be given up.
struct Pending<'a>(&'a BoundUpDownCounter<i64>);

impl<'a> Pending<'a> {
    fn begin(counter: &'a BoundUpDownCounter<i64>) -> Self {
        counter.add(1);
        Self(counter)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

fn observe_pool<D: Database>(
    meter: &Meter,
    pool: &Pool<D>,
    kept: impl Fn() -> usize + Send + Sync + 'static,
    name: &KeyValue,
) {
    let of = pool.clone();
    let state = |state: &'static str| [name.clone(), KeyValue::new(STATE, state)];
    let (is_idle, is_used) = (state("idle"), state("used"));
    meter
        .i64_observable_up_down_counter(COUNT)
        .with_unit("{connection}")
        .with_description("Connections to the database.")
        .with_callback(move |observer| {
            let idle = i64::try_from(of.num_idle() + kept()).unwrap_or(i64::MAX);
            let used = i64::from(of.size()).saturating_sub(idle).max(0);
            observer.observe(idle, &is_idle);
            observer.observe(used, &is_used);
        })
        .build();
    let most = i64::from(pool.options().get_max_connections());
    let name = [name.clone()];
    meter
        .i64_observable_up_down_counter(MAX)
        .with_unit("{connection}")
        .with_description("Maximum size of the database connection pool.")
        .with_callback(move |observer| observer.observe(most, &name))
        .build();
}

/// `address:port/namespace`, per the conventions; missing parts are omitted.
fn pool_name(store: &Store) -> String {
    let Some(address) = &store.address else {
        return store.namespace.to_string();
    };
    let port = store.port.map(|port| format!(":{port}"));
    format!("{address}{}/{}", port.unwrap_or_default(), store.namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_named_by_where_it_leads_to() {
        let mut store = Store {
            system: "postgresql",
            namespace: "users|public".into(),
            address: Some("db.example".into()),
            port: Some(5433),
        };
        assert_eq!(pool_name(&store), "db.example:5433/users|public");
        store.port = None;
        assert_eq!(pool_name(&store), "db.example/users|public");
        store.address = None;
        assert_eq!(pool_name(&store), "users|public");
    }
}
