//! For tests only: real servers that are thrown away afterwards, a proxy that
//! breaks the network on purpose, the two programs as processes, and whole
//! traces compared as text.
//!
//! - [`Database`] and [`redis_database`]: an empty database for one test, from
//!   the servers that `cargo xtask test` starts (or that you name).
//! - [`Postgres`], [`Redis`] and [`Etcd`]: a server of one's own, to pause, kill and restart.
//! - [`Nacos`]: a server of the APIs of Nacos, to make slow, wrong and empty.
//! - [`Nginx`]: a peer that speaks HTTP/2 and not gRPC.
//! - [`Sentinel`]: watches servers of Redis, and promotes one.
//! - [`PgBouncer`]: a connection pooler in front of a PostgreSQL.
//! - [`SmallDisk`]: a disk of one's own, to fill.
//! - [`TableLock`]: makes statements wait for as long as a test wants.
//! - [`FaultProxy`]: stands in front of any of them and refuses, hangs or delays.
//! - [`UserService`], [`user_client`] and [`run`]: the built programs as child processes.
//! - [`Metrics`]: what a service shows at `/metrics`.
//! - [`certificates`]: CA certificates, and valid and invalid certificates by them.
//! - [`load`], [`sizes`]: calls at a steady rate, and how many of what in a quick run or a long one.
//! - [`wire`]: HTTP/2 by hand.
//! - [`testing`]: gRPC's own interoperability protocol.
//! - [`conventions`]: the rules that spans and log records keep.
//! - [`Trace`]: what [`Sink`] received, as trees.
//! - [`TestEnv`]: a service with the parts of these that a suite needs; [`users`]: what it creates.
//!
//! Everything stops and removes what it made when it is dropped, and panics
//! with a sentence when it can't do its work: a test can do nothing better.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test tool reports its failures by panicking"
)]

pub mod certificates;
pub mod conventions;
pub mod load;
pub mod sizes;
pub mod testing;
pub mod users;
pub mod wire;

mod attack_row;
mod database;
mod etcd;
mod external;
mod jaeger;
mod lock;
mod metrics;
mod nacos;
mod nginx;
mod pgbouncer;
mod postgres;
mod process;
mod process_tree;
mod proxy;
mod redis;
mod redis_cluster;
mod sentinel;
mod server;
mod service;
mod small_disk;
mod test_env;
mod trace;

pub use grpc_telemetry::receiver::{ReceivedLog, ReceivedSpan, Receiver as Sink};
pub use rustix::process::Signal;
pub use xtask::programs::Version;

pub use crate::attack_row::AttackRow;
pub use crate::database::{Database, RedisDatabase, redis_database};
pub use crate::etcd::{Etcd, EtcdFiles};
pub use crate::external::{check_postgres, check_redis};
pub use crate::jaeger::Jaeger;
pub use crate::lock::TableLock;
pub use crate::metrics::Metrics;
pub use crate::nacos::{NACOS_USER, Nacos, NacosFault, NacosVersion, nacos_for_test};
pub use crate::nginx::Nginx;
pub use crate::pgbouncer::PgBouncer;
pub use crate::postgres::Postgres;
pub use crate::process::{Cpu, END_OF_INPUT, Line, Process, Stream, Terminal, program};
pub use crate::proxy::{FaultProxy, Mode};
pub use crate::redis::Redis;
pub use crate::redis_cluster::RedisCluster;
pub use crate::sentinel::Sentinel;
pub use crate::service::{Output, UserService, http_get, run, user_client};
pub use crate::small_disk::SmallDisk;
pub use crate::test_env::{Backends, TestEnv, TestEnvBuilder};
pub use crate::trace::{Trace, integer, text};
