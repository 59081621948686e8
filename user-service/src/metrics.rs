//! The metrics that only this program has: its cache, its connections to the
//! database, and its registration. Those of TLS and of refused calls come with `grpc_server`, those of
//! calls, statements and the process with `grpc_telemetry`.

mod connections;

use opentelemetry::metrics::BoundCounter;
use opentelemetry::{KeyValue, global};

pub(crate) use self::connections::ConnectionWaits;

/// The scope of the metrics, with which the names of those of this program begin.
pub(crate) const SCOPE: &str = "user_service";

/// Lookups in the cache, by [`CACHE_RESULT`].
const CACHE_REQUESTS: &str = "user_service.cache.requests";
/// hit, miss, stale (there, but not valid), error or bypass (not asked).
const CACHE_RESULT: &str = "cache.result";
/// 1 while the circuit breaker bypasses the cache, else 0.
const CACHE_BREAKER_OPEN: &str = "user_service.cache.breaker.open";

/// 1 while every registry confirms that this instance is registered, else 0.
const REGISTERED: &str = "user_service.registration.active";

/// Counts cache lookups by result.
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
            .with_description("Cache lookups, by result.")
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
    let meaning = "1 while the circuit breaker bypasses the cache, else 0.";
    observe_flag(CACHE_BREAKER_OPEN, meaning, is_open);
}

/// Shows whether this instance is registered everywhere, as all of `registered` say; nothing
/// without any, or once one of them has ended.
pub(crate) fn observe_registrations<F>(registered: Vec<F>)
where
    F: Fn() -> Option<bool> + Send + Sync + 'static,
{
    if registered.is_empty() {
        return;
    }
    let meaning = "1 while every registry confirms the registration of this instance, otherwise 0.";
    observe_flag(REGISTERED, meaning, move || {
        registered
            .iter()
            .try_fold(true, |all, one| Some(all & one()?))
    });
}

fn observe_flag(
    name: &'static str,
    meaning: &'static str,
    is_set: impl Fn() -> Option<bool> + Send + Sync + 'static,
) {
    global::meter(SCOPE)
        .u64_observable_gauge(name)
        .with_description(meaning)
        .with_callback(move |observer| {
            if let Some(set) = is_set() {
                observer.observe(set.into(), &[]);
            }
        })
        .build();
}
