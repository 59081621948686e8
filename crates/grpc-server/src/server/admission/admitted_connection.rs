//! One open connection, as the search for one to evict sees it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::server::limits::Eviction;
use crate::server::open_calls::OpenCalls;

/// A connection that was idle for less may be between two calls.
const SHORTEST_IDLE: Duration = Duration::from_secs(1);

/// A connection that has a slot.
#[derive(Debug)]
pub(in crate::server) struct AdmittedConnection {
    calls: OpenCalls,
    evicted: CancellationToken,
}

impl AdmittedConnection {
    pub(super) fn new(calls: OpenCalls) -> Self {
        Self {
            calls,
            evicted: CancellationToken::new(),
        }
    }

    /// The calls of the connection.
    pub(in crate::server) fn calls(&self) -> &OpenCalls {
        &self.calls
    }

    /// Returns when the connection has to close, because another one has its slot.
    pub(in crate::server) async fn evicted(&self) {
        self.evicted.cancelled().await;
    }

    /// Whether that is so.
    pub(in crate::server) fn is_evicted(&self) -> bool {
        self.evicted.is_cancelled()
    }

    pub(super) fn evict(&self) {
        self.evicted.cancel();
    }

    /// How good a choice this is for eviction, if it may be evicted: an idle connection
    /// before a busy one, and then the one that has been so for longest.
    pub(super) fn claim(&self, eviction: Eviction) -> Option<(bool, Duration)> {
        match (self.calls.idle_since(), eviction) {
            (Some(since), Eviction::Idle) => {
                let idle = since.elapsed();
                (idle >= SHORTEST_IDLE).then_some((true, idle))
            }
            (Some(since), Eviction::Any) => Some((true, since.elapsed())),
            (None, Eviction::Idle) => None,
            (None, Eviction::Any) => Some((false, self.connected().elapsed())),
        }
    }

    fn connected(&self) -> Instant {
        self.calls.connected()
    }
}

/// The one of `connections` to be evicted first, if any may be.
pub(super) fn first_to_evict<'a>(
    connections: impl IntoIterator<Item = &'a Arc<AdmittedConnection>>,
    eviction: Eviction,
) -> Option<&'a Arc<AdmittedConnection>> {
    let claims = connections.into_iter().filter_map(|admitted| {
        let claim = admitted.claim(eviction)?;
        Some((claim, admitted))
    });
    claims
        .max_by_key(|(claim, _)| *claim)
        .map(|(_, admitted)| admitted)
}
