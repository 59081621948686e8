//! The command line and the environment; a flag overrides its variable.

mod access;
mod cli;
mod commands;
mod etcd;
mod limits;
mod listening;
mod nacos;
mod protocols;
mod registries;
mod shutdown;
mod stores;
mod telemetry;
mod time;
mod tls;

use clap::Args;

pub use self::access::Tokens;
pub use self::cli::Cli;
pub use self::commands::{Command, OutputFormat};
pub use self::etcd::Etcd;
pub use self::limits::Limits;
pub use self::listening::Listening;
pub use self::nacos::Nacos;
pub use self::protocols::Protocol;
pub use self::registries::{Registries, RegistryError};
pub use self::shutdown::ShutdownTimes;
pub use self::stores::Stores;
pub use self::telemetry::{LogFormat, TelemetrySettings};
pub use self::tls::{Incomplete, Tls};

/// All settings, in the order in which `--help` lists them.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// The ports.
    #[command(flatten)]
    pub listening: Listening,

    /// The database and the cache.
    #[command(flatten)]
    pub stores: Stores,

    /// Authentication.
    #[command(flatten)]
    pub tokens: Tokens,

    /// Limits on calls and connections.
    #[command(flatten)]
    pub limits: Limits,

    /// TLS on the gRPC port.
    #[command(flatten)]
    pub tls: Tls,

    /// Service discovery.
    #[command(flatten)]
    pub registries: Registries,

    /// The graceful shutdown.
    #[command(flatten)]
    pub shutdown: ShutdownTimes,

    /// Traces and log records.
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
}
