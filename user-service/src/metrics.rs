//! The metrics that only this program has: its cache, and its connections to the
//! database. Those of calls, statements and the process come with `telemetry`.

use opentelemetry::metrics::BoundCounter;
use opentelemetry::{KeyValue, global};
use sqlx::{Database, Pool};

const SCOPE: &str = "user_service";

/// Look-ups in the cache, by [`CACHE_RESULT`].
const CACHE_REQUESTS: &str = "user_service.cache.requests";
/// hit, miss, stale (there, but not valid), error or bypass (not asked).
const CACHE_RESULT: &str = "cache.result";
/// 1 while the cache is passed over because it doesn't answer, else 0.
const CACHE_BREAKER_OPEN: &str = "user_service.cache.breaker.open";
/// Connections to the database, by [`CONNECTION_STATE`].
const CONNECTIONS: &str = "db.client.connection.count";
/// The most connections there may be.
const MAX_CONNECTIONS: &str = "db.client.connection.max";
/// idle or used.
const CONNECTION_STATE: &str = "db.client.connection.state";

/// Counts what a cache answers.
pub(crate) struct CacheResults {
    pub(crate) hit: BoundCounter<u64>,
    pub(crate) miss: BoundCounter<u64>,
    pub(crate) stale: BoundCounter<u64>,
    pub(crate) error: BoundCounter<u64>,
    pub(crate) bypass: BoundCounter<u64>,
}

impl CacheResults {
    /// The counters of the process.
    pub(crate) fn new() -> Self {
        let counter = global::meter(SCOPE)
            .u64_counter(CACHE_REQUESTS)
            .with_unit("{user}")
            .with_description("Look-ups in the cache, by their result.")
            .build();
        let of = |result: &'static str| counter.bind(&[KeyValue::new(CACHE_RESULT, result)]);
        Self {
            hit: of("hit"),
            miss: of("miss"),
            stale: of("stale"),
            error: of("error"),
            bypass: of("bypass"),
        }
    }
}

/// Shows whether the cache is passed over, as `is_open` says; nothing once that doesn't know.
pub(crate) fn observe_breaker(is_open: impl Fn() -> Option<bool> + Send + Sync + 'static) {
    global::meter(SCOPE)
        .u64_observable_gauge(CACHE_BREAKER_OPEN)
        .with_description("1 while the cache is passed over because it doesn't answer, else 0.")
        .with_callback(move |observer| {
            if let Some(open) = is_open() {
                observer.observe(open.into(), &[]);
            }
        })
        .build();
}

/// Shows the connections of `pool`.
pub(crate) fn observe_pool<D: Database>(pool: &Pool<D>) {
    let meter = global::meter(SCOPE);
    let of = pool.clone();
    let state = |state: &'static str| [KeyValue::new(CONNECTION_STATE, state)];
    meter
        .u64_observable_gauge(CONNECTIONS)
        .with_unit("{connection}")
        .with_description("Connections to the database.")
        .with_callback(move |observer| {
            let idle = of.num_idle() as u64;
            let used = u64::from(of.size()).saturating_sub(idle);
            observer.observe(idle, &state("idle"));
            observer.observe(used, &state("used"));
        })
        .build();
    let most = u64::from(pool.options().get_max_connections());
    meter
        .u64_observable_gauge(MAX_CONNECTIONS)
        .with_unit("{connection}")
        .with_description("The most connections to the database that there may be.")
        .with_callback(move |observer| observer.observe(most, &[]))
        .build();
}
