//! The connection to Redis, with a breaker in front of it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, Pipeline, RedisResult};
use telemetry::store::{Operation, Store, observe};
use tokio_util::task::AbortOnDropHandle;

use super::command::{CommandError, failure, store};
use crate::cache::breaker::Breaker;
use crate::config::Secret;
use crate::metrics::observe_breaker;

/// How long a call may wait for one command.
const COMMAND_LIMIT: Duration = Duration::from_millis(25);
/// How often, and how long, the breaker's probe tries.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);
/// How long opening waits for the first probe.
const START_LIMIT: Duration = Duration::from_millis(250);

/// A way to Redis that never makes a caller wait for long.
pub(super) struct Link {
    shared: Arc<Shared>,
    _probe: AbortOnDropHandle<()>,
}

struct Shared {
    connection: ConnectionManager,
    store: Store,
    breaker: Breaker,
}

impl Link {
    /// Whether Redis is not asked for the time being.
    pub(super) fn is_passed_over(&self) -> bool {
        self.shared.breaker.is_open()
    }

    /// Tries Redis for a moment and goes on trying in the background.
    pub(super) async fn open(url: &Secret) -> RedisResult<Self> {
        let client = Client::open(url.expose())?;
        let store = store(client.get_connection_info());
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(PROBE_INTERVAL))
            .set_response_timeout(Some(PROBE_INTERVAL));
        let shared = Arc::new(Shared {
            connection: ConnectionManager::new_lazy_with_config(client, config)?,
            store,
            breaker: Breaker::new(),
        });
        let watched = Arc::downgrade(&shared);
        observe_breaker(move || Some(watched.upgrade()?.breaker.is_open()));
        if tokio::time::timeout(START_LIMIT, shared.probe()).await != Ok(true) {
            shared.report_trouble();
        }
        let probe = tokio::spawn(keep_probing(Arc::clone(&shared)));
        Ok(Self {
            shared,
            _probe: AbortOnDropHandle::new(probe),
        })
    }

    /// Runs one command; `None` when it fails, takes too long, or is not tried.
    pub(super) async fn command<T: FromRedisValue>(
        &self,
        operation: Operation,
        command: &Cmd,
    ) -> Option<T> {
        let mut connection = self.shared.connection.clone();
        self.run(operation, command.query_async(&mut connection))
            .await
    }

    /// Runs commands together, whose answers are of no interest.
    pub(super) async fn pipeline(&self, operation: Operation, pipeline: &Pipeline) {
        let mut connection = self.shared.connection.clone();
        self.run(operation, pipeline.exec_async(&mut connection))
            .await;
    }

    async fn run<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = RedisResult<T>>,
    ) -> Option<T> {
        let shared = &self.shared;
        if shared.breaker.is_open() {
            return None;
        }
        let bounded = async {
            tokio::time::timeout(COMMAND_LIMIT, work)
                .await
                .map_err(|_| CommandError::Timeout)?
                .map_err(CommandError::Redis)
        };
        match observe(&shared.store, operation, bounded, failure).await {
            Ok(value) => {
                shared.breaker.succeeded();
                Some(value)
            }
            Err(error) => {
                tracing::debug!(%error, command = operation.name, "a command to Redis failed");
                // An error that Redis answers is no wait, and no reason to leave it alone.
                if !error.is_an_answer() && shared.breaker.failed() {
                    shared.report_trouble();
                }
                None
            }
        }
    }
}

impl Shared {
    /// Whether Redis answers as fast as a call needs it; if so, commands are let
    /// through again. The first question may take the time to connect.
    async fn probe(&self) -> bool {
        let answered =
            self.ping().await && tokio::time::timeout(COMMAND_LIMIT, self.ping()).await == Ok(true);
        if answered {
            self.breaker.close();
        }
        answered
    }

    async fn ping(&self) -> bool {
        let mut connection = self.connection.clone();
        let ping = redis::cmd("PING");
        match ping.query_async::<()>(&mut connection).await {
            Ok(()) => true,
            Err(error) => CommandError::Redis(error).is_an_answer(),
        }
    }

    fn report_trouble(&self) {
        tracing::warn!(
            address = self.store.address,
            "Redis does not answer: users come from the database until it does"
        );
    }
}

async fn keep_probing(shared: Arc<Shared>) {
    loop {
        shared.breaker.until_open().await;
        while !shared.probe().await {
            tokio::time::sleep(PROBE_INTERVAL).await;
        }
        tracing::info!(address = shared.store.address, "Redis answers again");
    }
}
