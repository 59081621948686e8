//! The graceful shutdown.

use std::time::Duration;

use clap::Args;

use super::time::parse_time;

/// How long the steps of a graceful shutdown take.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Shutdown")]
pub struct ShutdownTimes {
    /// The delay between SIGTERM and refusing new calls, so that load balancers can react.
    #[arg(long, env, global = true, default_value = "0s", value_name = "TIME",
          value_parser = parse_time)]
    pub shutdown_drain_delay: Duration,

    /// The grace period: how long calls in flight may take to finish.
    #[arg(long, env, global = true, default_value = "20s", value_name = "TIME",
          value_parser = parse_time)]
    pub shutdown_grace: Duration,
}
