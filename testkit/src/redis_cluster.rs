//! A Redis Cluster on 127.0.0.1.

use std::time::Duration;

use redis::{Client, Connection, RedisResult};

use crate::certificates::Authority;
use crate::redis::Redis;

/// Masters, and replicas of each.
const MASTERS: usize = 3;
/// Slots of keys.
const SLOTS: usize = 16_384;
/// The longest that forming the cluster takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Three masters with a replica each, which take over a second after a master has died.
/// Dropping it stops them.
#[derive(Debug)]
pub struct RedisCluster {
    masters: Vec<Redis>,
    replicas: Vec<Redis>,
}

impl RedisCluster {
    /// Starts an empty cluster.
    ///
    /// # Panics
    /// If Redis isn't installed, or the cluster isn't complete within a minute.
    pub async fn start() -> Self {
        Self::start_as(None).await
    }

    /// Starts an empty cluster whose nodes serve TLS too, with certificates of `authority`.
    ///
    /// # Panics
    /// If Redis isn't installed or has no TLS, or the cluster isn't complete within a minute.
    pub async fn start_with_tls(authority: &Authority) -> Self {
        Self::start_as(Some(authority)).await
    }

    async fn start_as(authority: Option<&Authority>) -> Self {
        let (mut masters, mut replicas) = (Vec::new(), Vec::new());
        for _ in 0..MASTERS {
            masters.push(Redis::start_in_cluster(authority).await);
            replicas.push(Redis::start_in_cluster(authority).await);
        }
        let cluster = Self { masters, replicas };
        let share = SLOTS.div_ceil(MASTERS);
        for (index, master) in cluster.masters.iter().enumerate() {
            let slots = (index * share)..SLOTS.min((index + 1) * share);
            run(master, "ADDSLOTS", &texts(slots));
        }
        let all = cluster.masters.iter().chain(&cluster.replicas);
        for (index, node) in all.clone().enumerate() {
            run(node, "SET-CONFIG-EPOCH", &texts(index + 1..index + 2));
        }
        for node in all.clone().skip(1) {
            let port = node.tls_port().unwrap_or(node.port()).to_string();
            run(&cluster.masters[0], "MEET", &["127.0.0.1".to_owned(), port]);
        }
        for node in all.clone() {
            until(|| info(node).contains("cluster_known_nodes:6")).await;
        }
        for (master, replica) in cluster.masters.iter().zip(&cluster.replicas) {
            run(replica, "REPLICATE", &[id(master)]);
        }
        for node in all {
            until(|| info(node).contains("cluster_state:ok")).await;
        }
        // A replica that has never been in sync with its master may not take over.
        for replica in &cluster.replicas {
            until(|| is_in_sync(replica)).await;
        }
        cluster
    }

    /// The URL for `REDIS_URL`. Its first node does not exist, so a client has to try the others.
    pub fn url(&self) -> String {
        let nodes = self.masters.iter().chain(&self.replicas);
        let nodes: Vec<String> = nodes.map(|it| format!("127.0.0.1:{}", it.port())).collect();
        format!("redis+cluster://127.0.0.1:1,{}", nodes.join(","))
    }

    /// The URL for `REDIS_URL` over TLS, with one node, which names the others.
    ///
    /// # Panics
    /// If they serve no TLS.
    pub fn tls_url(&self) -> String {
        let port = self.masters[0].tls_port().expect("it serves TLS");
        format!("rediss+cluster://127.0.0.1:{port}")
    }

    /// Has all nodes want `password`, of each other too.
    ///
    /// # Panics
    /// If a node refuses it.
    pub fn want_password(&self, password: &str) {
        for node in self.masters.iter().chain(&self.replicas) {
            let mut command = redis::cmd("CONFIG");
            command.arg("SET").arg("masterauth").arg(password);
            command.arg("requirepass").arg(password);
            command
                .exec(&mut connection(node))
                .expect("the node has no password yet");
        }
    }

    /// The URLs of its masters, as they were at the start.
    pub fn masters(&self) -> Vec<String> {
        self.masters.iter().map(Redis::url).collect()
    }

    /// Kills the master with this `index`, whose replica takes over.
    pub fn kill(&mut self, index: usize) {
        self.masters[index].kill();
    }

    /// Moves the `slot` with its keys from one master to another, as an operator does it.
    ///
    /// # Panics
    /// If a node refuses it.
    pub fn move_slot(&self, slot: usize, from: usize, to: usize) {
        let (from, to) = (&self.masters[from], &self.masters[to]);
        let slot = slot.to_string();
        let set = |node: &Redis, how: &str, of: &Redis| {
            run(node, "SETSLOT", &[slot.clone(), how.to_owned(), id(of)]);
        };
        set(to, "IMPORTING", from);
        set(from, "MIGRATING", to);
        let mut connection = connection(from);
        let mut keys = redis::cmd("CLUSTER");
        keys.arg("GETKEYSINSLOT").arg(&slot).arg(1_000);
        let keys: Vec<String> = keys.query(&mut connection).expect("it has the slot");
        if !keys.is_empty() {
            let mut migrate = redis::cmd("MIGRATE");
            migrate
                .arg("127.0.0.1")
                .arg(to.port())
                .arg("")
                .arg(0)
                .arg(5_000);
            migrate.arg("KEYS").arg(keys);
            migrate.exec(&mut connection).expect("the keys move");
        }
        for node in [to, from] {
            set(node, "NODE", to);
        }
    }
}

fn connection(node: &Redis) -> Connection {
    let client = Client::open(node.url()).expect("it has a URL");
    client.get_connection().expect("the node responds")
}

fn cluster(node: &Redis, name: &str, arguments: &[String]) -> RedisResult<String> {
    let mut command = redis::cmd("CLUSTER");
    command.arg(name).arg(arguments);
    command.query(&mut connection(node))
}

fn run(node: &Redis, name: &str, arguments: &[String]) {
    cluster(node, name, arguments).unwrap_or_else(|error| panic!("CLUSTER {name}: {error}"));
}

fn info(node: &Redis) -> String {
    cluster(node, "INFO", &[]).expect("the node responds")
}

fn is_in_sync(replica: &Redis) -> bool {
    let mut info = redis::cmd("INFO");
    info.arg("replication");
    let info: String = info
        .query(&mut connection(replica))
        .expect("the node responds");
    info.contains("master_link_status:up")
}

fn id(node: &Redis) -> String {
    cluster(node, "MYID", &[]).expect("the node responds")
}

fn texts(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|it| it.to_string()).collect()
}

async fn until(is: impl Fn() -> bool) {
    let waiting = async {
        while !is() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(LIMIT, waiting).await;
    waited.expect("the cluster is complete");
}
