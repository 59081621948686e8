//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use cli_settings::{
    EmptyVariables, REGISTRY_PASSWORDS, Settings, refuse_passwords, without_secrets,
};
use grpc_channel::Target;
use trace_view::jaeger::Address;
use uuid::Uuid;

mod access;
mod credentials;
mod gateway;

pub use self::access::{Access, Registries};
pub use self::credentials::Credentials;
pub use self::gateway::Gateway;

pub mod trace;

pub use trace::Trace;

/// No call can be waited for longer than this.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

const AFTER_HELP: &str = "\
Examples:
  user-client create --name 'Ada Lovelace' --email ada@example.com
  user-client get 1 2 3
  user-client --output json get 1 | jq .email
  user-client list --after 100 --limit 20
  user-client import users.csv --rejects rejects.csv
  user-client lookup < ids.txt
  user-client workflow user-management --waterfall
  user-client trace show 4bf92f3577b34da6a3ce929d0e0e4736 --jaeger http://localhost:16686
  user-client workflow user-management 2>&1 | user-client trace assert expected.yaml
  user-client gateway & curl http://localhost:8080/v1/users/1

  For --waterfall, user-service has to export its spans to this program:
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 user-service

Exit codes, the worst of all that was done:
    0  all went well
    1  another failure
    2  wrong usage, or a file of trace assert that is not understood
    3  not found
    4  invalid argument
    5  already exists
    6  unavailable: the service can't be reached, or can't answer now
    7  deadline exceeded: no answer within --timeout
    8  import: some rows were rejected
  130  interrupted

Data goes to standard output, all else to standard error. Each failure names the
trace that shows it. OTEL_* variables say where traces go; KITEX_COMPAT=true also
sends the trace where servers of Kitex and Volo look for it.";

/// Calls user-service, alone or in workflows, and can draw the trace of what it did.
#[derive(Debug, Parser)]
#[command(name = "user-client", version = crate::version(), after_help = AFTER_HELP, max_term_width = 100)]
pub struct Args {
    /// What goes for all commands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// All settings in force, without their secrets.
    #[arg(skip)]
    pub settings: Settings,
}

/// A protection that was asked for is not off without a word.
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
    /// What `arguments` and the environment say.
    ///
    /// # Errors
    /// When they are wrong; [`clap::Error::exit`] says it the way a program does.
    pub fn read(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let (mut command, matches) = cli_settings::read(Self::command(), EMPTY, arguments)?;
        refuse_passwords(&mut command, &matches, &REGISTRY_PASSWORDS, |_| true)?;
        let mut args = Self::from_arg_matches(&matches).map_err(without_secrets)?;
        let secrets = [&["token"], &REGISTRY_PASSWORDS[..]].concat();
        args.settings = Settings::of(&command, &matches, &secrets);
        args.settings.set_default("RUST_LOG", "warn");
        let format = "pretty on a terminal, else json";
        args.settings.set_default("LOG_FORMAT", format);
        Ok(args)
    }
}

/// Flags that every command has.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The user-service to call: http://HOST:PORT, or https:// for TLS; several
    /// as http://HOST:PORT,HOST:PORT; all addresses of a name as dns:///HOST:PORT,
    /// or with TLS as dns+https:///HOST:PORT; all instances in etcd as
    /// etcd://HOST:PORT/SERVICE, or with TLS as etcd+https://HOST:PORT/SERVICE.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "USER_SERVICE",
        hide_env_values = true,
        default_value = "http://localhost:8888"
    )]
    pub server: Target,

    /// What to speak with it: a server of Kitex speaks thrift or kitex-protobuf, in which
    /// there are get, create and the workflow user-management.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "NAME",
        env = "USER_SERVICE_PROTOCOL",
        default_value_t = Protocol::Grpc
    )]
    pub protocol: Protocol,

    /// Who calls.
    #[command(flatten)]
    pub access: Access,

    /// For TLS.
    #[command(flatten)]
    pub credentials: Credentials,

    /// How to write data: a table to read, or one JSON object per line.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    pub output: Format,

    /// How long a call may take in all, such as 500ms or 1m 30s; by default 10s,
    /// and for list, import and lookup as long as it takes.
    #[arg(long, global = true, value_name = "DURATION", value_parser = timeout)]
    pub timeout: Option<Duration>,

    /// Draw the trace of what was done. With --output json it is drawn on standard error.
    #[arg(long, global = true)]
    pub waterfall: bool,

    /// Write the waterfall to an SVG image in this file too; implies --waterfall.
    #[arg(long, global = true, value_name = "FILE",
          value_parser = PathBufValueParser::new().try_map(written_file))]
    pub svg: Option<PathBuf>,

    /// Where --waterfall takes spans in, as OTLP over gRPC, if not from --jaeger.
    #[arg(
        long,
        global = true,
        value_name = "ADDR",
        default_value = "127.0.0.1:4317"
    )]
    pub otlp_listen: SocketAddr,

    /// The URL of Jaeger's pages, such as http://localhost:16686: --waterfall and trace take
    /// spans from there, and each error that names a trace also links to its page.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "JAEGER_URL",
        hide_env_values = true
    )]
    pub jaeger: Option<Address>,

    /// Whether to use colour; auto does on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorWhen::Auto)]
    pub color: ColorWhen,

    /// Which log records to write, such as info or user_client=debug; by default warn.
    #[arg(long, global = true, value_name = "FILTER", env = "RUST_LOG")]
    pub log_filter: Option<String>,

    /// How log records look; by default pretty on a terminal, else json.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        env = "LOG_FORMAT"
    )]
    pub log_format: Option<LogFormat>,

    /// The registry of --server.
    #[command(flatten)]
    pub registries: Registries,
}

impl Global {
    /// Whether the trace of the run is drawn.
    pub fn draws_waterfall(&self) -> bool {
        self.waterfall || self.svg.is_some()
    }
}

/// What is spoken with the service.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Protocol {
    /// gRPC.
    Grpc,
    /// Thrift, as Kitex speaks it over TTHeader.
    Thrift,
    /// Kitex Protobuf.
    KitexProtobuf,
}

/// How data is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs: one JSON object per line.
    Json,
}

/// When colour is used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Even into files and pipes.
    Always,
    /// Not at all.
    Never,
}

/// How log records look.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For programs.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show users by their ids.
    Get {
        /// The ids of the users.
        #[arg(required = true, value_name = "ID", allow_negative_numbers = true)]
        ids: Vec<i64>,
    },
    /// Show users in the order of their ids, as they arrive.
    List {
        /// Only users with a greater id.
        #[arg(long, value_name = "ID", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
        after: i64,
        /// At most so many users; all if it is not given.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
        limit: Option<i32>,
    },
    /// Show users by ids from the arguments or from standard input, all in one
    /// call, each as soon as its answer comes.
    Lookup {
        /// The ids; without any, or for -, standard input has one on each line.
        #[arg(value_name = "ID", allow_negative_numbers = true)]
        ids: Vec<String>,
    },
    /// Create the users of a file: CSV with the columns name, email and perhaps phone, or JSON
    /// objects with these fields, one on each line or in a list. Importing it again is safe.
    Import(Import),
    /// Create a user.
    Create(NewUser),
    /// Run a workflow: several calls under one trace, whose id it tells at the end.
    Workflow {
        /// The workflow to run, or all of them one after the other.
        #[arg(value_enum, value_name = "NAME")]
        name: WorkflowChoice,
    },
    /// Show traces that Jaeger has, or test them.
    Trace(Trace),
    /// Serve HTTP for callers that don't speak gRPC, as an API gateway: JSON by the paths that
    /// the proto says, until SIGTERM, SIGINT or SIGHUP.
    Gateway(Gateway),
    /// Put load on the service and measure its answers. The calls are not traced by this program.
    Bench(Bench),
    /// Show every setting in force and where it comes from, without secrets.
    Config,
    /// Write a completion script for a shell to standard output.
    Completions {
        /// The shell.
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
    },
}

/// A user to create.
#[derive(Clone, Debug, clap::Args)]
pub struct NewUser {
    /// The user's name.
    #[arg(long)]
    pub name: String,
    /// The user's e-mail address; no two users share one.
    #[arg(long)]
    pub email: String,
    /// The user's phone number, such as +4930123456.
    #[arg(long)]
    pub phone: Option<String>,
    /// Makes a repeat safe: give the id that a failed attempt has named. By default a new one.
    #[arg(long, value_name = "UUID")]
    pub request_id: Option<Uuid>,
}

/// Users to import.
#[derive(Clone, Debug, clap::Args)]
pub struct Import {
    /// The file, or - for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How the file is written; by default as its extension says, else as it begins.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<ImportFormat>,
    /// What separates the fields of a CSV file: one character, or tab; by default as its first
    /// line says.
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// Write the rows that are rejected to this file, with their reasons, to mend them.
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(written_file))]
    pub rejects: Option<PathBuf>,
}

/// How a file of users is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ImportFormat {
    /// Comma-separated values below a line of titles, or with another delimiter.
    Csv,
    /// JSON objects, one on each line, or a list of them.
    Ndjson,
}

impl From<ImportFormat> for crate::import::Format {
    fn from(format: ImportFormat) -> Self {
        match format {
            ImportFormat::Csv => Self::Csv,
            ImportFormat::Ndjson => Self::Ndjson,
        }
    }
}

/// A load, and for how long.
#[derive(Clone, Debug, clap::Args)]
pub struct Bench {
    /// The call to make.
    #[arg(value_enum, value_name = "CALL")]
    pub call: BenchCall,
    /// Connections to spread the calls over.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub connections: u16,
    /// Calls that are under way at a time, at most.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub concurrency: u16,
    /// How long to go on.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = timeout)]
    pub duration: Duration,
    /// Begin so many calls a second, whatever the answers do; latencies are then from
    /// when a call should have begun. By default each answer is followed by the next call.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Ask for ids from 1 to this, at random.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
    pub ids: i64,
}

/// A call to make again and again.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum BenchCall {
    /// GetUser.
    Get,
    /// CreateUser, of a new user each time.
    Create,
}

/// Which workflows to run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum WorkflowChoice {
    /// Create a user, then read it.
    UserManagement,
    /// Create many users, look all up and list them, in streams.
    BulkOnboarding,
    /// Read many users at once.
    FanOut,
    /// Meet the errors a caller has to expect.
    FailureTour,
    /// Every workflow there is.
    All,
}

/// A character that can separate fields: no part of a quoted field or of the end of a line.
fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !b"\"\r\n\0".contains(byte) => Ok(*byte),
        _ => Err("write one character, such as ; or tab".to_owned()),
    }
}

/// A file to write to: standard output has the result, so `-` doesn't stand for it.
fn written_file(path: PathBuf) -> Result<PathBuf, &'static str> {
    match path.as_os_str() == "-" {
        true => Err("standard output has the result of the command; name a file"),
        false => Ok(path),
    }
}

pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let timeout = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 500ms, 10s or 1m 30s"))?;
    if timeout.is_zero() {
        return Err("no call can be answered in no time; write it like 500ms".to_owned());
    }
    if timeout > LONGEST_TIMEOUT {
        return Err("it must be a day at the most".to_owned());
    }
    Ok(timeout)
}

#[cfg(test)]
mod tests;
