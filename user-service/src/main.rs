//! The program: parse, telemetry, run, flush, exit code.

use std::io::IsTerminal;
use std::process::ExitCode;

use grpc_telemetry::{LogTarget, Options};
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
    let telemetry = match grpc_telemetry::init(options(&cli.config)) {
        Ok(telemetry) => telemetry,
        Err(error) => return failed(&error),
    };
    let outcome = app::run(cli, telemetry.scrape()).await;
    telemetry.shutdown().await;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn options(config: &Config) -> Options {
    Options {
        service_name: env!("CARGO_PKG_NAME"),
        service_version: user_service::VERSION,
        endpoint: None,
        retry_exports: true,
        log_filter: config.log_filter.clone(),
        log_format: log_format(config),
        log_target: LogTarget::Stdout,
    }
}

fn log_format(config: &Config) -> grpc_telemetry::LogFormat {
    match config.log_format {
        Some(LogFormat::Pretty) => grpc_telemetry::LogFormat::Pretty,
        Some(LogFormat::Json) => grpc_telemetry::LogFormat::Json,
        None if std::io::stdout().is_terminal() => grpc_telemetry::LogFormat::Pretty,
        None => grpc_telemetry::LogFormat::Json,
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("user-service: {error}");
    ExitCode::FAILURE
}
