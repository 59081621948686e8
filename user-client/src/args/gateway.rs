//! The command line of `gateway`.

use std::net::SocketAddr;
use std::time::Duration;

use cli_settings::{TrustIncomingTrace, address};

use super::values::timeout;

/// The addresses and limits of the gateway.
#[derive(Clone, Debug, clap::Args)]
pub struct Gateway {
    /// Check whether the gateway that listens on GATEWAY_HTTP_ADDR is ready, instead of serving.
    #[arg(long)]
    pub healthcheck: bool,

    /// The address to serve HTTP on: IP:PORT, HOST:PORT, or :PORT for all IPv4 addresses.
    #[arg(
        long,
        env,
        value_name = "ADDRESS",
        default_value = "0.0.0.0:8080",
        hide_env_values = true,
        value_parser = address
    )]
    pub gateway_addr: SocketAddr,

    /// The address to serve /livez, /readyz and /metrics on.
    #[arg(
        long,
        env,
        value_name = "ADDRESS",
        default_value = "0.0.0.0:9091",
        hide_env_values = true,
        value_parser = address
    )]
    pub gateway_http_addr: SocketAddr,

    /// Maximum open connections; fewer if the system allows fewer open files.
    #[arg(
        long,
        env,
        value_name = "NUMBER",
        default_value_t = 10_000,
        hide_env_values = true
    )]
    pub max_connections: usize,

    /// Maximum open connections from one address.
    #[arg(
        long,
        env,
        value_name = "NUMBER",
        default_value_t = 1024,
        hide_env_values = true
    )]
    pub max_connections_per_address: usize,

    /// Maximum open requests on all connections of one address.
    #[arg(
        long,
        env,
        value_name = "NUMBER",
        default_value_t = 1000,
        hide_env_values = true
    )]
    pub max_streams_per_address: usize,

    /// Maximum open requests in all.
    #[arg(
        long,
        env,
        value_name = "NUMBER",
        default_value_t = 3000,
        hide_env_values = true
    )]
    pub max_streams: usize,

    /// Maximum MiB of a message, after decompression: the body of a request, or a message in a
    /// stream of Connect.
    #[arg(
        long,
        env,
        value_name = "NUMBER",
        default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=64),
        hide_env_values = true
    )]
    pub max_message_mib: u16,

    /// Origins whose pages may send requests (CORS), separated by commas, such as
    /// http://localhost:5173 [default: none].
    #[arg(long, env, value_name = "ORIGINS", value_delimiter = ',', hide_env_values = true,
          value_parser = origin)]
    pub cors_origins: Vec<String>,

    /// Whether to continue the trace of a caller; never starts a new one with a link to it.
    #[arg(
        long,
        env,
        value_enum,
        value_name = "WHEN",
        default_value_t = TrustIncomingTrace::Always,
        hide_env_values = true
    )]
    pub trust_incoming_trace: TrustIncomingTrace,

    /// The delay between SIGTERM and refusing new requests, so that load balancers can react.
    #[arg(long, env, value_name = "TIME", default_value = "0s", hide_env_values = true,
          value_parser = humantime::parse_duration)]
    pub shutdown_drain_delay: Duration,

    /// The grace period: how long requests in flight may take to finish.
    #[arg(long, env, value_name = "TIME", default_value = "20s", hide_env_values = true,
          value_parser = timeout)]
    pub shutdown_grace: Duration,
}

/// An origin as browsers write it.
fn origin(text: &str) -> Result<String, &'static str> {
    const EXPECTED: &str = "write each origin as scheme://HOST or scheme://HOST:PORT";
    let uri: http::Uri = text.parse().map_err(|_| EXPECTED)?;
    let scheme = uri.scheme_str().ok_or(EXPECTED)?;
    let authority = uri.authority().ok_or(EXPECTED)?;
    match text == format!("{scheme}://{authority}") && !authority.as_str().contains('@') {
        true => Ok(text.to_owned()),
        false => Err(EXPECTED),
    }
}
