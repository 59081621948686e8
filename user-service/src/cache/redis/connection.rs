//! A connection to one server, or to a cluster of them.

use futures_util::future::try_join_all;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value};

/// A connection. Clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    /// To a server.
    Server(MultiplexedConnection),
    /// To all nodes of a cluster; it follows them.
    Cluster(ClusterConnection),
}

impl Connection {
    /// Carries out the commands of `pipeline`, whose results are ignored. In a cluster
    /// each is sent to the node of its key, because a pipeline can't span nodes.
    pub(super) async fn execute(&mut self, pipeline: &Pipeline) -> RedisResult<()> {
        let cluster = match self {
            Self::Server(server) => return pipeline.exec_async(server).await,
            Self::Cluster(cluster) => cluster,
        };
        let commands = pipeline.cmd_iter().map(|command| {
            let mut cluster = cluster.clone();
            async move { command.query_async::<Option<()>>(&mut cluster).await }
        });
        try_join_all(commands).await.map(drop)
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Server(server) => server.req_packed_command(command),
            Self::Cluster(cluster) => cluster.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Server(server) => server.req_packed_commands(pipeline, offset, count),
            Self::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Server(server) => server.get_db(),
            Self::Cluster(cluster) => cluster.get_db(),
        }
    }
}
