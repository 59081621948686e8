//! Where Redis is: at one place, or where sentinels say that the master is.

use grpc_telemetry::store::Store;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisResult};

use super::command::store;
use super::sentinels::Sentinels;
use crate::secret::Secret;
use crate::url_parameters::{parameters, unsupported};

/// The parameters that the driver knows: of a server, and of a socket.
const OF_SERVER: &[&str] = &["protocol"];
const OF_SOCKET: &[&str] = &["db", "user", "pass", "protocol"];

/// How a connection is found.
pub(super) enum Source {
    /// One server, or a name for it.
    Server(Client),
    /// The master of those that the sentinels watch.
    Sentinels(Sentinels),
}

impl Source {
    /// Where `url` leads: `redis://`, `rediss://`, or either with `+sentinel`.
    ///
    /// # Errors
    /// One sentence, when it can't be read.
    pub(super) fn open(url: &Secret) -> Result<Self, String> {
        let url = url.expose();
        if let Some((scheme @ ("redis+sentinel" | "rediss+sentinel"), rest)) = url.split_once("://")
        {
            let scheme = scheme.trim_end_matches("+sentinel");
            return Sentinels::open(scheme, rest).map(Self::Sentinels);
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
    pub(super) async fn connect(
        &self,
        config: &AsyncConnectionConfig,
    ) -> RedisResult<MultiplexedConnection> {
        match self {
            Self::Server(client) => {
                client
                    .get_multiplexed_async_connection_with_config(config)
                    .await
            }
            Self::Sentinels(sentinels) => sentinels.connect(config).await,
        }
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
        Source::open(&Secret::new(url)).err()
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
        ];
        for url in refused {
            let said = error(url).unwrap_or_default();
            assert!(said.contains("its parameter timeout"), "{url}: {said}");
        }
        let secret = error("redis://:pw?a/b@h/0").unwrap_or_default();
        assert!(!secret.contains("a/b"), "{secret}");
    }
}
