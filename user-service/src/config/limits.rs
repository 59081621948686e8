//! Limits on calls and connections.

use std::time::Duration;

use clap::Args;
use cli_settings::{whole_number, whole_number_from};

/// The limits.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Maximum concurrent calls, without those that wait for their callers; further calls get
    /// RESOURCE_EXHAUSTED.
    #[arg(long, env, global = true, default_value_t = 1024, value_name = "NUMBER",
          value_parser = parse_max_in_flight)]
    pub max_in_flight: usize,

    /// The longest deadline of a unary call, whatever its caller allows.
    #[arg(long, env, global = true, default_value = "5s", value_name = "TIME",
          value_parser = parse_limit)]
    pub unary_timeout: Duration,

    /// How long a caller may be silent on a stream that waits for it.
    #[arg(long, env, global = true, default_value = "5m", value_name = "TIME",
          value_parser = parse_limit)]
    pub stream_idle_timeout: Duration,

    /// Accept requests that are compressed by gzip.
    #[arg(long, env, global = true, default_value_t = true, value_name = "BOOL",
          action = clap::ArgAction::Set)]
    pub gzip_requests: bool,

    /// Rate limit of one caller, in calls per second; the calls of one second may come at once
    /// [default: no limit].
    #[arg(long, env, global = true, value_name = "NUMBER",
          value_parser = whole_number(1_u32, 1_000_000))]
    pub caller_rate_limit: Option<u32>,

    /// Maximum unary calls in flight of one caller [default: no limit].
    #[arg(long, env, global = true, value_name = "NUMBER",
          value_parser = whole_number_from(1_u32))]
    pub caller_max_concurrent: Option<u32>,

    /// Maximum open streams of one caller [default: no limit].
    #[arg(long, env, global = true, value_name = "NUMBER",
          value_parser = whole_number_from(1_u32))]
    pub caller_max_streams: Option<u32>,

    /// Maximum open connections; fewer if the system allows fewer open files.
    #[arg(
        long,
        env,
        global = true,
        default_value_t = 10_000,
        value_name = "NUMBER",
        value_parser = whole_number_from(0_usize)
    )]
    pub max_connections: usize,

    /// Maximum open connections from one address.
    #[arg(
        long,
        env,
        global = true,
        default_value_t = 1024,
        value_name = "NUMBER",
        value_parser = whole_number_from(0_usize)
    )]
    pub max_connections_per_address: usize,

    /// Maximum concurrent calls of one connection.
    #[arg(long, env, global = true, default_value_t = 200, value_name = "NUMBER",
          value_parser = whole_number_from(1_u32))]
    pub max_streams_per_connection: u32,

    /// Maximum open calls on all connections of one address.
    #[arg(
        long,
        env,
        global = true,
        default_value_t = 1000,
        value_name = "NUMBER",
        value_parser = whole_number_from(0_usize)
    )]
    pub max_streams_per_address: usize,

    /// Maximum open calls in all, including those that wait for their callers.
    #[arg(
        long,
        env,
        global = true,
        default_value_t = 3000,
        value_name = "NUMBER",
        value_parser = whole_number_from(0_usize)
    )]
    pub max_streams: usize,

    /// Maximum MiB of requests from one address that are unread or incomplete.
    #[arg(long, env, global = true, default_value_t = 12, value_name = "MIB",
          value_parser = whole_number_from(1_u32))]
    pub max_buffered_mib_per_address: u32,

    /// Maximum MiB of requests that are unread or incomplete, in all.
    #[arg(long, env, global = true, default_value_t = 24, value_name = "MIB",
          value_parser = whole_number_from(1_u32))]
    pub max_buffered_mib: u32,

    /// Handshake and frame timeout: how long a caller may take to open its connection, and for
    /// any one frame.
    #[arg(long, env, global = true, default_value = "10s", value_name = "TIME",
          value_parser = parse_limit)]
    pub connection_timeout: Duration,

    /// How long a connection may be idle before it is closed.
    #[arg(long, env, global = true, default_value = "15m", value_name = "TIME",
          value_parser = parse_limit)]
    pub max_connection_idle: Duration,

    /// Maximum age of a connection, give or take a tenth, so that callers reach new servers.
    #[arg(long, env, global = true, default_value = "30m", value_name = "TIME",
          value_parser = parse_limit)]
    pub max_connection_age: Duration,

    /// How long the calls of a connection beyond its maximum age may take to finish.
    #[arg(long, env, global = true, default_value = "5m", value_name = "TIME",
          value_parser = parse_limit)]
    pub max_connection_age_grace: Duration,
}

/// A limit of zero would end every call.
fn parse_limit(text: &str) -> Result<Duration, String> {
    let limit = super::time::parse_time(text)?;
    match limit.is_zero() {
        true => Err("write more than 0s".to_owned()),
        false => Ok(limit),
    }
}

/// A semaphore has at most this number of permits.
fn parse_max_in_flight(text: &str) -> Result<usize, String> {
    whole_number(1, tokio::sync::Semaphore::MAX_PERMITS)(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_concurrent_call_is_allowed() {
        assert!(parse_max_in_flight("0").is_err());
        assert!(parse_max_in_flight("x").is_err());
        assert_eq!(parse_max_in_flight("7"), Ok(7));
    }
}
