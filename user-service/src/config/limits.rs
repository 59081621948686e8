//! What callers may take.

use std::time::Duration;

use clap::Args;

/// Limits on calls and connections.
#[derive(Args, Clone, Debug)]
pub struct Limits {
    /// Calls that are worked on at a time, not those that wait for their callers; more are
    /// refused with RESOURCE_EXHAUSTED.
    #[arg(long, env, global = true, default_value_t = 1024, value_name = "NUMBER",
          value_parser = parse_max_in_flight)]
    pub max_in_flight: usize,

    /// How long a unary call may take, whatever its caller allows.
    #[arg(long, env, global = true, default_value = "5s", value_name = "TIME",
          value_parser = parse_limit)]
    pub unary_timeout: Duration,

    /// How long a caller may send nothing on a stream that waits for it.
    #[arg(long, env, global = true, default_value = "5m", value_name = "TIME",
          value_parser = parse_limit)]
    pub stream_idle_timeout: Duration,

    /// Whether requests may be compressed by gzip.
    #[arg(long, env, global = true, default_value_t = true, value_name = "BOOL",
          action = clap::ArgAction::Set)]
    pub gzip_requests: bool,

    /// Calls a second of one caller, of which those of one second may come at once [default: no limit].
    #[arg(long, env, global = true, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub caller_rate_limit: Option<u32>,

    /// Unary calls that one caller may have in flight [default: no limit].
    #[arg(long, env, global = true, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub caller_max_concurrent: Option<u32>,

    /// Streams that one caller may have open [default: no limit].
    #[arg(long, env, global = true, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub caller_max_streams: Option<u32>,

    /// Connections that are open at a time; fewer if the system allows fewer files.
    #[arg(
        long,
        env,
        global = true,
        default_value_t = 10_000,
        value_name = "NUMBER"
    )]
    pub max_connections: usize,

    /// Connections that are open at a time from one address.
    #[arg(
        long,
        env,
        global = true,
        default_value_t = 1024,
        value_name = "NUMBER"
    )]
    pub max_connections_per_address: usize,

    /// Calls that one connection may have open at a time.
    #[arg(long, env, global = true, default_value_t = 200, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub max_streams_per_connection: u32,

    /// Calls that may be open at a time on all connections of one address, whoever makes them.
    #[arg(
        long,
        env,
        global = true,
        default_value_t = 1000,
        value_name = "NUMBER"
    )]
    pub max_streams_per_address: usize,

    /// Calls that may be open at a time in all, those that wait for their callers included.
    #[arg(
        long,
        env,
        global = true,
        default_value_t = 3000,
        value_name = "NUMBER"
    )]
    pub max_streams: usize,

    /// How long a caller may take to open its connection, and for any one frame.
    #[arg(long, env, global = true, default_value = "10s", value_name = "TIME",
          value_parser = parse_limit)]
    pub connection_timeout: Duration,

    /// How long a connection may be without a call before it is closed.
    #[arg(long, env, global = true, default_value = "15m", value_name = "TIME",
          value_parser = parse_limit)]
    pub max_connection_idle: Duration,

    /// How long a connection may last, give or take a tenth: callers spread over new servers.
    #[arg(long, env, global = true, default_value = "30m", value_name = "TIME",
          value_parser = parse_limit)]
    pub max_connection_age: Duration,

    /// How long the calls of an old connection may take to finish.
    #[arg(long, env, global = true, default_value = "5m", value_name = "TIME",
          value_parser = parse_limit)]
    pub max_connection_age_grace: Duration,
}

/// No limit of time can be zero: nothing would ever be done.
fn parse_limit(text: &str) -> Result<Duration, String> {
    let limit = super::parse_time(text)?;
    match limit.is_zero() {
        true => Err("must be longer than 0s".to_owned()),
        false => Ok(limit),
    }
}

/// A semaphore takes no more permits than this.
fn parse_max_in_flight(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|_| "not a number".to_owned())?;
    let limit = tokio::sync::Semaphore::MAX_PERMITS;
    match number {
        0 => Err("must be at least 1".to_owned()),
        _ if number > limit => Err(format!("must be at most {limit}")),
        _ => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_call_is_taken_at_a_time() {
        assert!(parse_max_in_flight("0").is_err());
        assert!(parse_max_in_flight("x").is_err());
        assert_eq!(parse_max_in_flight("7"), Ok(7));
    }
}
