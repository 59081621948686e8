//! Where Redis is: at one place, or where sentinels say that the master is.

use grpc_telemetry::store::Store;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisResult};

use super::command::store;
use super::sentinels::Sentinels;
use crate::secret::Secret;

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
