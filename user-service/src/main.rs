//! The program: parse, telemetry, run, flush, exit code.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;

use grpc_telemetry::{InitError, Telemetry, write_to_stderr};
use rustix::fs::Mode;
use rustix::process::umask;
use user_service::app;
use user_service::config::{Cli, Command, Config, LogFormat, OutputFormat};

/// Returns the memory of ended calls and connections to the system after some seconds, also
/// while idle; the C library keeps it (docs/performance.md).
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    // Files of this process, such as those of SQLite, contain users.
    umask(Mode::RWXG | Mode::RWXO);
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    match &cli.command {
        Some(Command::Config { output }) => return show_settings(&cli, *output),
        Some(Command::Completions { shell }) => {
            return printed(stdout().write_all(&Cli::completion_script(*shell)));
        }
        Some(Command::Man { out }) => return write_man_pages(out),
        _ => {}
    }
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
        // Its warning of an unknown parameter of DATABASE_URL shows the value.
        .with_log_filter(format!(
            "{},sqlx_postgres::options::parse=off",
            config.telemetry.log_filter
        ));
    match config.telemetry.log_format {
        Some(LogFormat::Pretty) => builder.with_log_format(grpc_telemetry::LogFormat::Pretty),
        Some(LogFormat::Json) => builder.with_log_format(grpc_telemetry::LogFormat::Json),
        None => builder,
    }
    .install()
}

fn show_settings(cli: &Cli, output: OutputFormat) -> ExitCode {
    let settings = match cli.settings() {
        Ok(settings) => settings,
        Err(error) => return failed(&error),
    };
    let lines = match output {
        OutputFormat::Table => settings.lines(),
        OutputFormat::Json => settings.json_lines(),
    };
    printed(writeln!(stdout(), "{}", lines.join("\n")))
}

/// The end of a command that only prints. A reader that closed the pipe, as `head` does, has
/// read enough.
fn printed(written: io::Result<()>) -> ExitCode {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            failed(&format_args!("cannot write to standard output: {error}"))
        }
        _ => ExitCode::SUCCESS,
    }
}

fn write_man_pages(folder: &Path) -> ExitCode {
    match Cli::write_man_pages(folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format_args!(
            "cannot write man pages to {}: {error}; correct --out",
            folder.display()
        )),
    }
}

/// Prints the error of the command line, or help or the version.
fn refused(error: &clap::Error) -> ExitCode {
    // Help goes to standard output, and a terminal shows colours.
    if !error.use_stderr() || stderr().is_terminal() {
        error.exit();
    }
    write_to_stderr(&error.render().to_string().trim_end());
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn failed(error: &dyn Display) -> ExitCode {
    write_to_stderr(&format_args!("user-service: {error}"));
    ExitCode::FAILURE
}
