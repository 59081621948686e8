//! The connection to Redis, with a circuit breaker in front of it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use grpc_telemetry::store::{Operation, Store, observe};
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, Pipeline, RedisResult};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::command::{CommandError, failure};
use super::connection::Connection;
use super::refusals::Refusals;
use super::source::RedisServers;
use crate::cache::circuit_breaker::CircuitBreaker;
use crate::metrics::observe_breaker;
use crate::secret::Secret;

/// How long a call may wait for one command.
pub(super) const COMMAND_LIMIT: Duration = Duration::from_millis(25);
/// How often the circuit breaker's probe tries, and how long it waits for a response. Only
/// it connects, so that a Redis that comes and goes is not stormed.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);
/// How long opening waits for the first probe.
const START_LIMIT: Duration = Duration::from_millis(250);

/// A way to Redis that never makes a caller wait for long.
pub(super) struct Link {
    shared: Arc<Shared>,
    _probe: AbortOnDropHandle<()>,
}

struct Shared {
    source: RedisServers,
    /// None before the first, and when it turned out to be broken.
    connection: RwLock<Option<Connection>>,
    store: Store,
    circuit_breaker: CircuitBreaker,
    refusals: Refusals,
}

impl Link {
    /// What spans say of it.
    pub(super) fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Whether Redis is not asked for the time being.
    pub(super) fn is_passed_over(&self) -> bool {
        self.shared.circuit_breaker.is_open()
    }

    /// Tries Redis for a moment and keeps trying in the background.
    ///
    /// # Errors
    /// One sentence, when `url` can't be read.
    pub(super) async fn open(url: &Secret) -> Result<Self, String> {
        let source = RedisServers::open(url, PROBE_INTERVAL)?;
        let store = source.store();
        let shared = Arc::new(Shared {
            source,
            connection: RwLock::default(),
            store,
            circuit_breaker: CircuitBreaker::new(),
            refusals: Refusals::default(),
        });
        let watched = Arc::downgrade(&shared);
        observe_breaker(move || Some(watched.upgrade()?.circuit_breaker.is_open()));
        let start = async {
            shared.connect().await?;
            shared.probe().await
        };
        let started = timeout(START_LIMIT, start).await;
        if let Ok(Err(cause)) = &started {
            shared.report_trouble(cause);
        }
        // The cause is not known yet where the time was too short.
        let reported = started.is_ok();
        let probe = tokio::spawn(keep_probing(Arc::clone(&shared), reported));
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
        self.run(operation, async |mut connection| {
            command.query_async(&mut connection).await
        })
        .await
    }

    /// Runs commands together, whose results are ignored.
    pub(super) async fn pipeline(&self, operation: Operation, pipeline: &Pipeline) {
        self.run(operation, async |mut connection| {
            connection.execute(pipeline).await
        })
        .await;
    }

    async fn run<T>(
        &self,
        operation: Operation,
        work: impl AsyncFnOnce(Connection) -> RedisResult<T>,
    ) -> Option<T> {
        let shared = &self.shared;
        if shared.circuit_breaker.is_open() {
            return None;
        }
        let connection = shared.connection()?;
        let answer = async {
            timeout(COMMAND_LIMIT, work(connection))
                .await
                .map_err(|_| CommandError::Timeout)?
                .map_err(CommandError::Redis)
        };
        // Once the circuit breaker opens, commands in flight would only wait for their timeout.
        let bounded = async {
            tokio::select! {
                biased;
                () = shared.circuit_breaker.until_open() => Err(CommandError::PassedOver),
                answer = answer => answer,
            }
        };
        match observe(&shared.store, operation, bounded, failure).await {
            Ok(value) => {
                shared.circuit_breaker.succeeded();
                shared.refusals.worked();
                Some(value)
            }
            Err(error) => {
                tracing::debug!(%error, command = operation.name, "a command to Redis failed");
                shared.refusals.failed(&error);
                if shared.opens_for(&error) {
                    shared.report_trouble(&error);
                }
                None
            }
        }
    }
}

impl Shared {
    fn connection(&self) -> Option<Connection> {
        let connection = self.connection.read();
        connection.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, connection: Option<Connection>) {
        *self
            .connection
            .write()
            .unwrap_or_else(PoisonError::into_inner) = connection;
    }

    /// Whether the circuit breaker opens because of `error`.
    fn opens_for(&self, error: &CommandError) -> bool {
        match error {
            // It was the master until a failover, and still responds.
            error if self.source.fails_over() && error.is_of_a_replica() => {
                self.replace(None);
                self.circuit_breaker.open()
            }
            // An error response of Redis is not slow, and no reason to bypass it.
            error if error.is_an_answer() => false,
            CommandError::PassedOver => false,
            // Nothing gets through until the probe has connected again.
            CommandError::Redis(error) if error.is_unrecoverable_error() => {
                self.circuit_breaker.open()
            }
            _ => self.circuit_breaker.failed(),
        }
    }

    /// Lets commands through again if Redis responds as fast as a call needs it.
    async fn probe(&self) -> Result<(), CommandError> {
        let Some(mut connection) = self.connection() else {
            return Err(CommandError::Timeout);
        };
        if let Err(error) = ping(&mut connection).await {
            self.replace(None);
            return Err(error);
        }
        let answer = timeout(COMMAND_LIMIT, ping(&mut connection)).await;
        answer.map_err(|_| CommandError::Timeout)??;
        self.circuit_breaker.close();
        Ok(())
    }

    /// Connects if there is no connection.
    async fn connect(&self) -> Result<(), CommandError> {
        if self.connection().is_some() {
            return Ok(());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PROBE_INTERVAL))
            .set_response_timeout(Some(PROBE_INTERVAL));
        let connecting = self.source.connect(&config).await;
        let connection = connecting.map_err(CommandError::Redis)?;
        self.replace(Some(connection));
        Ok(())
    }

    fn report_trouble(&self, cause: &CommandError) {
        tracing::warn!(
            address = self.store.address.as_deref(),
            cause = %cause.chain(),
            "Redis does not respond: users are read from the database until it does"
        );
    }
}

/// Succeeds if Redis responds, even with an error.
async fn ping(connection: &mut Connection) -> Result<(), CommandError> {
    let ping = redis::cmd("PING");
    match ping.query_async::<()>(connection).await {
        Ok(()) => Ok(()),
        Err(error) => match CommandError::Redis(error) {
            error if error.is_an_answer() => Ok(()),
            error => Err(error),
        },
    }
}

async fn keep_probing(shared: Arc<Shared>, mut reported: bool) {
    let mut attempts = interval_at(Instant::now() + PROBE_INTERVAL, PROBE_INTERVAL);
    attempts.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        shared.circuit_breaker.until_open().await;
        // It may have been a moment only.
        let mut answers = shared.probe().await;
        while answers.is_err() {
            // At once after a quiet time, but never two in a row.
            attempts.tick().await;
            answers = match shared.connect().await {
                Ok(()) => shared.probe().await,
                Err(error) => Err(error),
            };
            match &answers {
                Err(error) if reported => {
                    tracing::debug!(cause = %error.chain(), "cannot connect to Redis");
                }
                Err(error) => shared.report_trouble(error),
                Ok(()) => {}
            }
            reported = true;
        }
        tracing::info!(
            address = shared.store.address.as_deref(),
            "Redis responds again"
        );
    }
}
