//! Where the service listens, and what it serves there.

use std::net::SocketAddr;

use clap::Args;
use cli_settings::address;

use super::Protocol;

/// The two ports.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Listening")]
pub struct Listening {
    /// The address to serve gRPC on: IP:PORT, HOST:PORT, or :PORT for all IPv4 addresses.
    #[arg(
        long,
        env,
        global = true,
        default_value = "0.0.0.0:8888",
        value_name = "ADDRESS",
        value_parser = address
    )]
    pub listen_addr: SocketAddr,

    /// What is served there, separated by commas. Kitex clients speak thrift or kitex-protobuf.
    #[arg(
        long,
        env,
        global = true,
        default_value = "grpc,thrift,kitex-protobuf",
        value_delimiter = ',',
        value_name = "NAMES"
    )]
    pub protocols: Vec<Protocol>,

    /// The address to serve /livez, /readyz and /metrics on.
    #[arg(
        long,
        env,
        global = true,
        default_value = "0.0.0.0:9090",
        value_name = "ADDRESS",
        value_parser = address
    )]
    pub http_addr: SocketAddr,

    /// Serve gRPC reflection, which grpcurl needs.
    #[arg(long, env, global = true, default_value_t = true, value_name = "BOOL",
          action = clap::ArgAction::Set)]
    pub reflection: bool,
}
