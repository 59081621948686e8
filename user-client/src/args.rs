//! The command line.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use clap::{CommandFactory, FromArgMatches, Parser};
use cli_settings::{
    EmptyVariables, REGISTRY_PASSWORDS, Settings, Shell, SubcommandHelp, refuse_passwords,
    without_secrets,
};

mod access;
mod bench;
mod command;
mod create;
mod credentials;
mod gateway;
mod global;
mod id;
mod import;
mod listen;
mod values;

pub use self::access::{Access, Registries};
pub use self::bench::{Bench, BenchCall};
pub use self::command::{Command, WorkflowChoice};
pub use self::create::NewUser;
pub use self::credentials::Credentials;
pub use self::gateway::Gateway;
pub use self::global::{ColorWhen, Format, Global, LogFormat, Protocol};
pub use self::id::not_an_id;
pub use self::import::{Import, ImportFormat};
pub use self::listen::Listen;
pub(crate) use self::values::timeout;

pub mod trace;

pub use trace::Trace;

const AFTER_HELP: &str = "\
Examples:
  user-client create --name 'Ada Lovelace' --email ada@example.com
  user-client get 1 2 3
  user-client --output json get 1 | jq .email
  user-client workflow user-management --waterfall

  user-client COMMAND --help has examples of each command. For --waterfall, user-service has to export its spans to this program:
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 user-service

Exit codes, the worst of all calls:
    0  success
    1  any other failure
    2  wrong usage, or an invalid file of trace assert
    3  not found
    4  invalid argument
    5  already exists
    6  unavailable: the service is unreachable or can't serve the call now
    7  deadline exceeded: no response within --timeout
    8  import: some rows were rejected
  130  interrupted

Data goes to standard output, everything else to standard error. Each failure names its
trace. OTEL_* variables configure the export of traces; KITEX_COMPAT=true also sends the
trace context in the form that servers of Kitex and Volo read.";

/// Most commands don't repeat the global options in their help.
const SUBCOMMAND_HELP: SubcommandHelp = SubcommandHelp {
    all: &["config", "gateway"],
    shown: &[
        ("trace", &["wait", "output", "color"]),
        ("trace show", &["jaeger", "svg"]),
        ("trace assert", &["jaeger"]),
        ("trace listen", &["otlp_listen"]),
    ],
    hint: "Global options such as --server, --output, --timeout and --waterfall: user-client --help",
};

/// Calls user-service, once or in workflows, and draws the trace of its calls.
#[derive(Debug, Parser)]
#[command(name = "user-client", version = crate::version(), after_help = AFTER_HELP, max_term_width = 100)]
pub struct Args {
    /// The options of all commands.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
    /// All settings in force, without their secrets.
    #[arg(skip)]
    pub settings: Settings,
}

/// An empty variable must not silently turn a protection off.
const EMPTY: EmptyVariables = EmptyVariables {
    refused: &[
        "USER_SERVICE_CA",
        "USER_SERVICE_CERT",
        "USER_SERVICE_KEY",
        "USER_SERVICE_TLS_NAME",
        "ETCD_CA_FILE",
        "ETCD_CERT_FILE",
        "ETCD_KEY_FILE",
        "NACOS_CA_FILE",
        "NACOS_CERT_FILE",
        "NACOS_KEY_FILE",
    ],
    taken: &[],
};

impl Args {
    /// Parses `arguments` and the environment.
    ///
    /// # Errors
    /// If they are wrong; [`clap::Error::exit`] reports it as a program does.
    pub fn read(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let (mut command, matches) =
            cli_settings::read(Self::command(), EMPTY, SUBCOMMAND_HELP, arguments)?;
        refuse_passwords(&mut command, &matches, &REGISTRY_PASSWORDS, |_| true)?;
        let mut args = Self::from_arg_matches(&matches).map_err(without_secrets)?;
        let secrets = [&["token"], &REGISTRY_PASSWORDS[..]].concat();
        args.settings = Settings::of(&command, &matches, &secrets);
        args.settings.set_default("RUST_LOG", "warn");
        let format = "pretty on a terminal, else json";
        args.settings.set_default("LOG_FORMAT", format);
        Ok(args)
    }

    /// The completion script for `shell`.
    pub fn completion_script(shell: Shell) -> Vec<u8> {
        cli_settings::completion_script(Self::command(), shell)
    }

    /// Writes the man pages to `folder`.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn write_man_pages(folder: &Path) -> io::Result<()> {
        cli_settings::write_man_pages(Self::command(), SUBCOMMAND_HELP, folder)
    }
}

#[cfg(test)]
mod tests;
