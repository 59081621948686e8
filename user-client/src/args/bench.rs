//! The options of `bench`.

use std::time::Duration;

use clap::ValueEnum;
use cli_settings::{whole_number, whole_number_from};

use super::values::timeout;

/// The load of a benchmark.
#[derive(Clone, Debug, clap::Args)]
pub struct Bench {
    /// The call to make.
    #[arg(value_enum, value_name = "CALL")]
    pub call: BenchCall,
    /// Connections to spread the calls over. In Kitex's protocols, each concurrent call has its own.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = whole_number(1_u16, 1_000))]
    pub connections: u16,
    /// Maximum concurrent calls.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = whole_number(1_u16, 10_000))]
    pub concurrency: u16,
    /// The duration of the load.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = timeout)]
    pub duration: Duration,
    /// Calls to start per second, however fast the responses are; latency is then measured from
    /// when a call should have started [default: each response is followed by the next call].
    #[arg(long, value_name = "N", value_parser = whole_number(1, 1_000_000_u32))]
    pub rate: Option<u32>,
    /// Read users with random ids from 1 to this number.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole_number_from(1_i64))]
    pub ids: i64,
}

/// The call of a benchmark.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum BenchCall {
    /// GetUser.
    Get,
    /// CreateUser, with a new user each time.
    Create,
}
