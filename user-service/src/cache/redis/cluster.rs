//! Redis Cluster: several servers, each with a part of the keys.

use std::time::Duration;

use grpc_telemetry::store::Store;
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::{Client, RedisResult};

use super::command;
use super::connection::Connection;
use crate::url_parameters::{parameters, unsupported};

/// Retries of one command: redirections (MOVED, ASK) and lost nodes.
const REDIRECTIONS: u32 = 3;
/// Minimum and maximum wait between retries, in milliseconds; a redirection does not wait.
const WAITS: (u64, u64) = (5, 20);

/// The nodes of a cluster.
pub(super) struct Cluster {
    client: ClusterClient,
    store: Store,
}

impl Cluster {
    /// The cluster of the nodes in `rest`: `user:password@HOST:PORT,HOST:PORT`, after
    /// `scheme`. A command that takes longer than `limit` fails.
    ///
    /// # Errors
    /// One sentence, if it is malformed.
    pub(super) fn open(scheme: &str, rest: &str, limit: Duration) -> Result<Self, String> {
        if let Some((name, _)) = parameters(rest).next() {
            return Err(unsupported(name));
        }
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        if !["", "0"].contains(&database) {
            return Err("a cluster has the database 0 only".to_owned());
        }
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        if hosts.split(',').any(str::is_empty) {
            return Err("write redis+cluster://HOST:PORT,HOST:PORT".to_owned());
        }
        let nodes = hosts
            .split(',')
            .map(|host| format!("{scheme}://{user}{host}"));
        let nodes: Vec<String> = nodes.collect();
        let first = Client::open(nodes[0].as_str()).map_err(|error| error.to_string())?;
        let (least, most) = WAITS;
        let client = ClusterClientBuilder::new(nodes)
            .retries(REDIRECTIONS)
            .min_retry_wait(least)
            .max_retry_wait(most)
            .connection_timeout(limit)
            .response_timeout(limit)
            .overall_response_timeout(Some(limit))
            .build();
        Ok(Self {
            client: client.map_err(|error| error.to_string())?,
            store: command::store(first.get_connection_info()),
        })
    }

    /// A connection to all nodes.
    ///
    /// # Errors
    /// If none of the named nodes can be reached.
    pub(super) async fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client.get_async_connection().await?;
        Ok(Connection::Cluster(connection))
    }

    /// The attributes of its spans: those of the first node, because the client does not report which node responds.
    pub(super) fn store(&self) -> Store {
        self.store.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(rest: &str) -> Result<Store, String> {
        let cluster = Cluster::open("redis", rest, Duration::from_millis(500));
        cluster.map(|it| it.store())
    }

    #[test]
    fn url_names_nodes_and_no_database() {
        for url in ["a,b:1", "a/", "a:1/0", "ada:p%40@a,b"] {
            let address = open(url).map(|it| it.address);
            assert_eq!(address, Ok(Some("a".into())), "{url}");
        }
        for url in ["", "a,,b", "a/1", "a?timeout=1"] {
            assert!(open(url).is_err(), "{url}");
        }
    }
}
