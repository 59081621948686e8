//! Where Redis is: at one place, where sentinels say that the master is, or on the nodes of a cluster.

use std::time::Duration;

use grpc_telemetry::store::Store;
use redis::{AsyncConnectionConfig, Client, RedisResult};

use super::cluster::Cluster;
use super::command::store;
use super::connection::Connection;
use super::sentinels::Sentinels;
use crate::secret::Secret;
use crate::url_parameters::{parameters, unsupported};

/// The parameters that the driver knows: of a server, and of a socket.
const OF_SERVER: &[&str] = &["protocol"];
const OF_SOCKET: &[&str] = &["db", "user", "pass", "protocol"];

/// How a connection is found.
pub(super) enum RedisServers {
    /// One server, or a name for it.
    Server(Client),
    /// The master of those that the sentinels watch.
    Sentinels(Sentinels),
    /// All masters of a cluster.
    Cluster(Box<Cluster>),
}

impl RedisServers {
    /// Where `url` leads: `redis://`, `rediss://`, or either with `+sentinel` or `+cluster`. What a
    /// node of a cluster takes longer for than `limit` fails.
    ///
    /// # Errors
    /// One sentence, when it can't be read.
    pub(super) fn open(url: &Secret, limit: Duration) -> Result<Self, String> {
        let url = url.expose();
        if let Some((scheme @ ("redis+sentinel" | "rediss+sentinel"), rest)) = url.split_once("://")
        {
            let scheme = scheme.trim_end_matches("+sentinel");
            return Sentinels::open(scheme, rest).map(Self::Sentinels);
        }
        if let Some((scheme @ ("redis+cluster" | "rediss+cluster"), rest)) = url.split_once("://") {
            let scheme = scheme.trim_end_matches("+cluster");
            let cluster = Cluster::open(scheme, rest, limit)?;
            return Ok(Self::Cluster(Box::new(cluster)));
        }
        check(url)?;
        match Client::open(url) {
            Ok(client) => Ok(Self::Server(client)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A new connection, to what is the right server now.
    ///
    /// # Errors
    /// When there is none within the limits of `config`.
    pub(super) async fn connect(&self, config: &AsyncConnectionConfig) -> RedisResult<Connection> {
        let connection = match self {
            Self::Server(client) => {
                client
                    .get_multiplexed_async_connection_with_config(config)
                    .await?
            }
            Self::Sentinels(sentinels) => sentinels.connect(config).await?,
            Self::Cluster(cluster) => return cluster.connect().await,
        };
        Ok(Connection::Server(connection))
    }

    /// Whether another server may be the right one, if the present one works no more.
    pub(super) fn fails_over(&self) -> bool {
        matches!(self, Self::Sentinels(_))
    }

    /// What spans say of it.
    pub(super) fn store(&self) -> Store {
        match self {
            Self::Server(client) => store(client.get_connection_info()),
            Self::Sentinels(sentinels) => sentinels.store(),
            Self::Cluster(cluster) => cluster.store(),
        }
    }
}

/// Checks what the driver overlooks.
///
/// # Errors
/// When a parameter is not supported.
fn check(url: &str) -> Result<(), String> {
    let known = match url.starts_with("unix:") || url.starts_with("redis+unix:") {
        true => OF_SOCKET,
        false => OF_SERVER,
    };
    let other = { parameters(url) }.find(|(name, _)| !known.contains(name));
    other.map_or(Ok(()), |(name, _)| Err(unsupported(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(url: &str) -> Option<String> {
        RedisServers::open(&Secret::new(url), Duration::from_millis(500)).err()
    }

    #[test]
    fn parameter_that_is_not_supported_is_an_error_that_names_it() {
        let supported = [
            "redis://h/0?protocol=resp3",
            "redis+unix:///tmp/socket?db=1&user=ada&pass=x",
            "redis+sentinel://h/users/0?sentinel_username=ada&sentinel_password=p%2F",
        ];
        for url in supported {
            assert_eq!(error(url), None, "{url}");
        }
        let refused = [
            "redis://h/0?timeout=5",
            "redis+unix:///tmp/socket?timeout=5",
            "redis+sentinel://h/users/0?timeout=5",
            "redis+cluster://h?timeout=5",
        ];
        for url in refused {
            let said = error(url).unwrap_or_default();
            assert!(said.contains("its parameter timeout"), "{url}: {said}");
        }
        let secret = error("redis://:pw?a/b@h/0").unwrap_or_default();
        assert!(!secret.contains("a/b"), "{secret}");
    }
}
