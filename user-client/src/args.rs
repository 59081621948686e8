//! The command line.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use cli_settings::{
    EmptyVariables, REGISTRY_PASSWORDS, Settings, Shell, SubcommandHelp, address, refuse_passwords,
    whole_number, whole_number_from, without_secrets,
};
use grpc_channel::Target;
use trace_view::jaeger::Address;
use uuid::Uuid;

mod access;
mod credentials;
mod gateway;
mod id;
mod listen;

pub use self::access::{Access, Registries};
pub use self::credentials::Credentials;
pub use self::gateway::Gateway;
pub use self::id::not_an_id;
pub use self::listen::Listen;

pub mod trace;

pub use trace::Trace;

/// The longest timeout of a call.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

const COMPLETIONS: &str = "\
Examples:
  user-client completions bash > ~/.local/share/bash-completion/completions/user-client
  user-client completions zsh > \"${fpath[1]}/_user-client\"
  user-client completions fish > ~/.config/fish/completions/user-client.fish";

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

/// Flags that every command has.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Calls")]
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

    /// The protocol. thrift and kitex-protobuf, which Kitex servers speak, support only get, create
    /// and the workflow user-management.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "NAME",
        env = "USER_SERVICE_PROTOCOL",
        default_value_t = Protocol::Grpc
    )]
    pub protocol: Protocol,

    /// Authentication.
    #[command(flatten)]
    pub access: Access,

    /// TLS.
    #[command(flatten)]
    pub credentials: Credentials,

    /// The format of data: a table, or one JSON object per line.
    #[arg(long, help_heading = "Output", global = true, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    pub output: Format,

    /// The deadline of each call, such as 500ms or 1m 30s [default: 10s; none for list, import
    /// and lookup].
    #[arg(long, global = true, value_name = "DURATION", value_parser = timeout)]
    pub timeout: Option<Duration>,

    /// Draw the trace of the calls as a waterfall; with --output json on standard error.
    #[arg(long, help_heading = "Traces", global = true)]
    pub waterfall: bool,

    /// Write the waterfall to this file too, as an SVG image; implies --waterfall.
    #[arg(long, help_heading = "Traces", global = true, value_name = "FILE",
          value_parser = PathBufValueParser::new().try_map(written_file))]
    pub svg: Option<PathBuf>,

    /// The address on which spans are received over OTLP, for trace listen, and for --waterfall unless
    /// --jaeger is set: IP:PORT, HOST:PORT or :PORT.
    #[arg(
        long,
        help_heading = "Traces",
        global = true,
        value_name = "ADDR",
        default_value = "127.0.0.1:4317",
        value_parser = address
    )]
    pub otlp_listen: SocketAddr,

    /// The URL of Jaeger's pages, such as http://localhost:16686: --waterfall and trace read
    /// traces from there, and each error with a trace id links to its page.
    #[arg(
        long,
        help_heading = "Traces",
        global = true,
        value_name = "URL",
        env = "JAEGER_URL",
        hide_env_values = true
    )]
    pub jaeger: Option<Address>,

    /// When to use colour; auto means on a terminal, unless NO_COLOR is set.
    #[arg(long, help_heading = "Output", global = true, value_enum, value_name = "WHEN", default_value_t = ColorWhen::Auto)]
    pub color: ColorWhen,

    /// Which log records to write, such as info or user_client=debug [default: warn].
    #[arg(
        long,
        help_heading = "Output",
        global = true,
        value_name = "FILTER",
        env = "RUST_LOG"
    )]
    pub log_filter: Option<String>,

    /// The format of log records [default: pretty on a terminal, else json].
    #[arg(
        long,
        help_heading = "Output",
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
    /// Whether to draw the trace of the run.
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

/// The format of data.
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

/// The format of log records.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For programs.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show users by their ids, with one call for each.
    #[command(
        after_help = "Examples:\n  user-client get 1\n  user-client get 1 2 3 --output json | jq .email"
    )]
    Get {
        /// The ids of the users.
        #[arg(required = true, value_name = "ID", allow_negative_numbers = true,
              value_parser = id::parser())]
        ids: Vec<i64>,
    },
    /// Show users in the order of their ids, as they arrive.
    #[command(
        after_help = "Examples:\n  user-client list --limit 20\n  user-client list --after 100 --limit 20\n  user-client list --output json > users.ndjson"
    )]
    List {
        /// Only users with a greater id.
        #[arg(long, value_name = "ID", default_value_t = 0, value_parser = whole_number_from(0_i64))]
        after: i64,
        /// The maximum number of users [default: all].
        #[arg(long, value_name = "N", value_parser = whole_number_from(1_i32))]
        limit: Option<i32>,
    },
    /// Show users by ids from the arguments or from standard input, all in one
    /// call, each as soon as its response arrives.
    #[command(after_help = "Examples:\n  user-client lookup 1 2 3\n  user-client lookup < ids.txt")]
    Lookup {
        /// The ids; without any, or for -, they are read from standard input, one per line.
        #[arg(value_name = "ID", allow_negative_numbers = true)]
        ids: Vec<String>,
    },
    /// Create the users of a file: CSV with the columns name, email and perhaps phone, or JSON
    /// objects with these fields, one per line or in a list. Importing it again is safe.
    #[command(
        after_help = "Examples:\n  user-client import users.csv --rejects rejects.csv\n  user-client import users.csv --delimiter ';'\n  zcat users.ndjson.gz | user-client import - --format ndjson"
    )]
    Import(Import),
    /// Create a user.
    #[command(
        after_help = "Examples:\n  user-client create --name 'Ada Lovelace' --email ada@example.com\n  user-client create --name Ada --email ada@example.com --phone +4930123456"
    )]
    Create(NewUser),
    /// Run a workflow: several calls in one trace, whose id is printed at the end.
    #[command(
        after_help = "Examples:\n  user-client workflow user-management --waterfall\n  user-client workflow all --jaeger http://localhost:16686"
    )]
    Workflow {
        /// The workflow to run, or all of them in sequence.
        #[arg(value_enum, value_name = "NAME")]
        name: WorkflowChoice,
    },
    /// Draw traces as they arrive from any program, show those that Jaeger has stored, or compare them with
    /// a file.
    #[command(
        after_help = "Examples:\n  user-client trace show 4bf92f3577b34da6a3ce929d0e0e4736 --jaeger http://localhost:16686\n  user-client workflow user-management 2>&1 | user-client trace assert expected.yaml\n  user-client trace listen --errors"
    )]
    Trace(Trace),
    /// Serve HTTP for callers without gRPC, as an API gateway: JSON by the paths in the proto, until
    /// SIGTERM, SIGINT or SIGHUP.
    #[command(
        after_help = "Example:\n  user-client gateway & curl http://localhost:8080/v1/users/1"
    )]
    Gateway(Gateway),
    /// Put load on the service and measure throughput and latency. The calls are not traced by
    /// this program.
    #[command(
        after_help = "Examples:\n  user-client bench get --ids 1000 --connections 10 --concurrency 100\n  user-client bench create --rate 500 --duration 30s"
    )]
    Bench(Bench),
    /// Show every setting in force and its source, without secrets.
    Config,
    /// Write a completion script for a shell to standard output.
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// The shell.
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
    },
    /// Write man pages, one for each command, to a folder.
    #[command(
        after_help = "Examples:\n  user-client man --out ~/.local/share/man/man1 && man user-client-import"
    )]
    Man {
        /// The folder; it is created if it is missing.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
}

impl Command {
    /// The command, or each of its workflows on its own.
    #[must_use]
    pub fn parts(self) -> Vec<Self> {
        match self {
            Self::Workflow {
                name: WorkflowChoice::All,
            } => WorkflowChoice::EACH
                .map(|name| Self::Workflow { name })
                .into(),
            command => vec![command],
        }
    }
}

/// A user to create.
#[derive(Clone, Debug, clap::Args)]
pub struct NewUser {
    /// The user's name.
    #[arg(long)]
    pub name: String,
    /// The user's e-mail address, which is unique.
    #[arg(long)]
    pub email: String,
    /// The user's phone number, such as +4930123456.
    #[arg(long)]
    pub phone: Option<String>,
    /// The id that makes repeating the call safe: that of the failed attempt [default: a new one].
    #[arg(long, value_name = "UUID", value_parser = request_id)]
    pub request_id: Option<Uuid>,
}

/// Users to import.
#[derive(Clone, Debug, clap::Args)]
pub struct Import {
    /// The file, or - for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The format of the file [default: that of its extension, else of its first character].
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<ImportFormat>,
    /// The delimiter of a CSV file: one character, or tab [default: detected in its first line].
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// Write rejected rows to this file, with their reasons, to be corrected and imported.
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(written_file))]
    pub rejects: Option<PathBuf>,
}

/// The format of a file of users.
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

/// The load of a benchmark.
#[derive(Clone, Debug, clap::Args)]
pub struct Bench {
    /// The call to make.
    #[arg(value_enum, value_name = "CALL")]
    pub call: BenchCall,
    /// Connections to spread the calls over.
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
    #[arg(long, value_name = "N", value_parser = whole_number_from(1_u32))]
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

/// Which workflows to run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum WorkflowChoice {
    /// Create a user, then read it.
    UserManagement,
    /// Create many users, look them up and list them, in streams.
    BulkOnboarding,
    /// Read many users concurrently.
    FanOut,
    /// Cause the errors that a caller has to expect.
    FailureTour,
    /// All workflows.
    All,
}

fn request_id(text: &str) -> Result<Uuid, &'static str> {
    text.parse()
        .map_err(|_| "write the UUID that the failed attempt has named")
}

impl WorkflowChoice {
    /// Each workflow, in the order in which `All` runs them.
    const EACH: [Self; 4] = [
        Self::UserManagement,
        Self::BulkOnboarding,
        Self::FanOut,
        Self::FailureTour,
    ];
}

/// A character that can separate fields: not a quote, and not the end of a line.
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
        .map_err(|_| "write a number and a unit, such as 500ms, 10s or 1m 30s".to_owned())?;
    if timeout.is_zero() {
        return Err("write more than 0s, such as 500ms".to_owned());
    }
    if timeout > LONGEST_TIMEOUT {
        return Err("write at most 24h".to_owned());
    }
    Ok(timeout)
}

#[cfg(test)]
mod tests;
