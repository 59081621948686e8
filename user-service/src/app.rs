//! The composition root: it alone knows all parts, builds them in order, and stops them in
//! reverse.

mod announcement;
mod error;
mod healthcheck;
mod kitex;
mod methods;
mod open;
mod ports;
mod serve;
mod settings;
mod starting;

use grpc_server::StopSignals;
use grpc_telemetry::Telemetry;

use crate::config::{Cli, Command, Config};
use crate::repository;

pub use self::error::AppError;

/// Runs the command; `telemetry` traces and counts the calls.
///
/// # Errors
/// One sentence that says what is wrong and what to do.
pub async fn run(cli: Cli, telemetry: &Telemetry) -> Result<(), AppError> {
    match cli.command.as_ref().unwrap_or(&Command::Serve) {
        Command::Serve => {
            if tracing::enabled!(tracing::Level::DEBUG) {
                tracing::debug!(settings = %cli.settings()?, "settings in force");
            }
            serve::serve(&cli.config, telemetry).await
        }
        Command::Migrate => migrate(&cli.config).await,
        Command::Healthcheck => healthcheck::healthcheck(&cli.config).await,
        // These are done before telemetry starts, which would write to the same output.
        Command::Config { .. } | Command::Completions { .. } | Command::Man { .. } => Ok(()),
    }
}

async fn migrate(config: &Config) -> Result<(), AppError> {
    let mut signals = StopSignals::listen().map_err(AppError::Signals)?;
    let settings = settings::repository(config)?;
    let applied = tokio::select! {
        applied = repository::migrate(&settings) => applied?,
        // As the first process of a container it would ignore the signal otherwise.
        signal = signals.next() => return Err(AppError::Unmigrated(signal)),
    };
    tracing::info!(applied, "the database is up to date");
    Ok(())
}
