//! The program: parse, telemetry, run, flush, exit code.

use std::process::ExitCode;

use grpc_telemetry::{InitError, Telemetry};
use user_service::app;
use user_service::config::{Cli, Config, LogFormat};

/// Gives back what calls and connections held some seconds after they are gone, also
/// when nothing is going on; the C library keeps it (docs/performance.md).
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let telemetry = match telemetry(&cli.config) {
        Ok(telemetry) => telemetry,
        Err(error) => return failed(&error),
    };
    let outcome = app::run(cli, &telemetry).await;
    telemetry.shutdown().await;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Telemetry of the service, as `config` and the environment say.
fn telemetry(config: &Config) -> Result<Telemetry, InitError> {
    let builder = grpc_telemetry::builder(env!("CARGO_PKG_NAME"), user_service::version())
        .from_env()
        .with_log_filter(&config.log_filter);
    match config.log_format {
        Some(LogFormat::Pretty) => builder.with_log_format(grpc_telemetry::LogFormat::Pretty),
        Some(LogFormat::Json) => builder.with_log_format(grpc_telemetry::LogFormat::Json),
        None => builder,
    }
    .install()
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("user-service: {error}");
    ExitCode::FAILURE
}
