//! Connections outside of the pool, which would hide why it can't connect.

use std::io;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Error, Executor, Row};
use tokio::time::timeout;

use super::{pooler, url};
use crate::repository::cause::sentence;
use crate::repository::error::failure;
use crate::repository::open::{OpenError, Unreachable};
use crate::repository::retry::has_code;
use crate::repository::startup;

/// How long opening a connection may take.
const OPEN_LIMIT: Duration = Duration::from_secs(5);
/// The same for each of several hosts, as another one may be the right one.
const HOST_LIMIT: Duration = Duration::from_secs(1);
/// How long one process waits for another that migrates, in milliseconds; as the database
/// shows it, too.
const MIGRATION_LOCK_LIMIT: (&str, &str) = ("60000", "1min");
/// The code of a pooler for settings that it does not pass on; PostgreSQL itself never does.
const REFUSED_SETTING: &str = "08P01";

/// A database by one URL.
pub(super) struct Database {
    /// How to connect to each host that may have it, in the order in which they are tried.
    pub(super) hosts: Vec<PgConnectOptions>,
    /// Which of them is the right one.
    pub(super) wanted: TargetSession,
    /// The variable that has the URL.
    pub(super) variable: &'static str,
}

/// What a session must be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetSession {
    /// Nothing: the first host that responds is used.
    Any,
    /// Writing.
    Writable,
    /// Writing, on a server that follows no other.
    Primary,
}

/// A host that was found to be the right one.
pub(super) struct Found {
    /// A connection to it.
    pub(super) connection: PgConnection,
    /// What is between it and this program.
    pub(super) way: PoolerMode,
    /// How to connect to it.
    pub(super) options: PgConnectOptions,
}

/// What is between this program and the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoolerMode {
    /// Nothing: settings of a connection hold from its start.
    Direct,
    /// A pooler that gives each connection a session of its own.
    OwnSession,
    /// A pooler that lets connections share sessions, transaction by transaction.
    SharedSessions,
}

impl Database {
    /// The first host that fits, by a connection that may wait for another
    /// process that migrates, but not indefinitely.
    ///
    /// # Errors
    /// When there is none, or a pooler would return the results of other statements.
    pub(super) async fn find(&self) -> Result<Found, OpenError> {
        let mut errors = Vec::new();
        for options in &self.hosts {
            let host = Host {
                options,
                limit: self.limit(),
                variable: self.variable,
            };
            match host.connect(self.wanted).await {
                Ok(found) => return Ok(found),
                Err(OpenError::Unreachable(error)) => errors.push(error),
                Err(error) => return Err(error),
            }
        }
        Err(OpenError::Unreachable(Unreachable::all(errors)))
    }

    /// How long each host may take to connect.
    fn limit(&self) -> Duration {
        match self.hosts.len() {
            1 => OPEN_LIMIT,
            _ => HOST_LIMIT,
        }
    }
}

/// One host of a database.
pub(super) struct Host<'a> {
    pub(super) options: &'a PgConnectOptions,
    pub(super) limit: Duration,
    pub(super) variable: &'static str,
}

impl Host<'_> {
    /// A connection to it, if it is as `wanted`.
    async fn connect(&self, wanted: TargetSession) -> Result<Found, OpenError> {
        let (mut connection, way) = self.limited().await?;
        let why_not = match wanted {
            TargetSession::Any => None,
            TargetSession::Writable => refusal(&mut connection, "SHOW transaction_read_only").await,
            TargetSession::Primary => refusal(&mut connection, "SHOW in_hot_standby").await,
        };
        if let Some(error) = why_not {
            return Err(self.unreachable(&error));
        }
        Ok(Found {
            connection,
            way,
            options: self.options.clone(),
        })
    }

    /// A connection with limits, and what is in its way.
    async fn limited(&self) -> Result<(PgConnection, PoolerMode), OpenError> {
        let limited = self
            .options
            .clone()
            .options([("lock_timeout", MIGRATION_LOCK_LIMIT.0)]);
        let mut connection = match self.try_connect(&limited).await {
            Ok(connection) => connection,
            Err(error) if has_code(&error, &[REFUSED_SETTING]) => {
                let connected = self.try_connect(self.options).await;
                let connection = connected.map_err(|error| self.unreachable(&error))?;
                return self.by_pooler(connection).await;
            }
            Err(error) => return Err(self.unreachable(&error)),
        };
        if self.holds(&mut connection).await? {
            return Ok((connection, PoolerMode::Direct));
        }
        // A pooler may be configured to ignore settings: all of them.
        if self.options.get_options().is_some() {
            return Err(OpenError::Url {
                variable: self.variable,
                cause: "it has options, which the connection pooler there ignores: \
                        set them in the database with ALTER ROLE"
                    .to_owned(),
            });
        }
        self.by_pooler(connection).await
    }

    /// Looks at a pooler that `one` has led to.
    async fn by_pooler(
        &self,
        mut one: PgConnection,
    ) -> Result<(PgConnection, PoolerMode), OpenError> {
        let unreachable = |error| self.unreachable(&error);
        let mut other = self.try_connect(self.options).await.map_err(unreachable)?;
        let shares = pooler::shares_sessions(&mut one, &mut other).await;
        if !shares.map_err(unreachable)? {
            let limit = [("lock_timeout", MIGRATION_LOCK_LIMIT.0)];
            let limited = pooler::limit_session(&mut one, &limit).await;
            limited.map_err(unreachable)?;
            return Ok((one, PoolerMode::OwnSession));
        }
        // What was begun there is over with its connections.
        drop((one, other));
        let mut other = self.try_connect(self.options).await.map_err(unreachable)?;
        match pooler::keeps_statements_apart(&mut other).await {
            Ok(true) => Ok((other, PoolerMode::SharedSessions)),
            Ok(false) => Err(OpenError::Pooler(self.place())),
            Err(error) if startup::may_pass(&error) => Err(unreachable(error)),
            Err(_) => Err(OpenError::Pooler(self.place())),
        }
    }

    async fn try_connect(&self, options: &PgConnectOptions) -> Result<PgConnection, Error> {
        match timeout(self.limit, PgConnection::connect_with(options)).await {
            Ok(connected) => connected,
            Err(_) => {
                let late = format!("no response within {} s", self.limit.as_secs());
                Err(Error::Io(io::Error::new(io::ErrorKind::TimedOut, late)))
            }
        }
    }

    /// Whether `connection` has the setting with which it was opened.
    async fn holds(&self, connection: &mut PgConnection) -> Result<bool, OpenError> {
        let shown = connection.fetch_one("SHOW lock_timeout").await;
        let shown = shown.and_then(|row| row.try_get::<String, _>(0));
        let shown = shown.map_err(|error| self.unreachable(&error))?;
        Ok(shown == MIGRATION_LOCK_LIMIT.1)
    }

    /// `error` as a sentence.
    pub(super) fn unreachable(&self, error: &Error) -> OpenError {
        OpenError::Unreachable(Unreachable {
            place: self.place(),
            cause: sentence(error),
            error_type: failure(error).error_type,
            advice: "check that it runs and accepts this user",
            variable: self.variable,
            passing: startup::may_pass(error) || self.is_socket_not_made(error),
        })
    }

    fn place(&self) -> String {
        let socket = self.options.get_socket();
        let host = socket.map_or(self.options.get_host().into(), |it| it.to_string_lossy());
        let port = self.options.get_port();
        let database = self.options.get_database().unwrap_or_default();
        format!("{host}:{port}/{database}")
    }

    /// Whether the server that makes the socket does not run yet.
    fn is_socket_not_made(&self, error: &Error) -> bool {
        let by_socket = url::socket(self.options).is_some();
        by_socket && matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// Why a session is not as wanted: `question` returns `on`, or fails.
async fn refusal(connection: &mut PgConnection, question: &'static str) -> Option<Error> {
    let answer = connection.fetch_one(question).await;
    match answer.and_then(|row| row.try_get::<String, _>(0)) {
        Ok(answer) if answer == "off" => None,
        // It passes, as another host may be made the primary.
        Ok(_) => Some(Error::Io(io::Error::other("it is read-only"))),
        Err(error) => Some(error),
    }
}
