//! The command line of `gateway`.

use std::net::SocketAddr;
use std::time::Duration;

use clap::ValueEnum;

use super::timeout;

/// What a gateway listens on, and what its callers may take.
#[derive(Clone, Debug, clap::Args)]
pub struct Gateway {
    /// Where HTTP is served.
    #[arg(
        long,
        env,
        value_name = "ADDRESS",
        default_value = "0.0.0.0:8080",
        hide_env_values = true
    )]
    pub gateway_addr: SocketAddr,

    /// Where /livez, /readyz and /metrics are served.
    #[arg(
        long,
        env,
        value_name = "ADDRESS",
        default_value = "0.0.0.0:9091",
        hide_env_values = true
    )]
    pub gateway_http_addr: SocketAddr,

    /// Connections that are open at a time; fewer if the system allows fewer files.
    #[arg(
        long,
        env,
        value_name = "NUMBER",
        default_value_t = 10_000,
        hide_env_values = true
    )]
    pub max_connections: usize,

    /// Connections that are open at a time from one address.
    #[arg(
        long,
        env,
        value_name = "NUMBER",
        default_value_t = 1024,
        hide_env_values = true
    )]
    pub max_connections_per_address: usize,

    /// Requests that may be open at a time on all connections of one address.
    #[arg(
        long,
        env,
        value_name = "NUMBER",
        default_value_t = 1000,
        hide_env_values = true
    )]
    pub max_streams_per_address: usize,

    /// Requests that may be open at a time in all.
    #[arg(
        long,
        env,
        value_name = "NUMBER",
        default_value_t = 3000,
        hide_env_values = true
    )]
    pub max_streams: usize,

    /// Whether the trace of a caller is continued; never starts a new one with a link to it.
    #[arg(
        long,
        env,
        value_enum,
        value_name = "WHEN",
        default_value_t = Trust::Always,
        hide_env_values = true
    )]
    pub trust_incoming_trace: Trust,

    /// The delay between SIGTERM and refusing new requests, so that load balancers can react.
    #[arg(long, env, value_name = "TIME", default_value = "0s", hide_env_values = true,
          value_parser = humantime::parse_duration)]
    pub shutdown_drain_delay: Duration,

    /// How long requests in flight may take to finish after SIGTERM.
    #[arg(long, env, value_name = "TIME", default_value = "20s", hide_env_values = true,
          value_parser = timeout)]
    pub shutdown_grace: Duration,
}

/// Whose traces are continued.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Trust {
    /// Those of all callers.
    Always,
    /// Those of none.
    Never,
}

impl From<Trust> for grpc_telemetry::rpc::Trust {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::Always => Self::Always,
            Trust::Never => Self::Never,
        }
    }
}
