//! The command line and the environment; a flag overrides its variable.

mod access;
mod etcd;
mod limits;
mod nacos;
mod protocols;
mod registries;
mod tls;

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use cli_settings::{
    EmptyVariables, REGISTRY_PASSWORDS, Settings, Shell, SubcommandHelp, address, refuse_passwords,
    whole_number_from, without_secrets,
};

pub use self::access::Tokens;
pub use self::etcd::Etcd;
pub use self::limits::Limits;
pub use self::nacos::Nacos;
pub use self::protocols::Protocol;
pub use self::registries::{Registries, RegistryError};
pub use self::tls::{Incomplete, Tls};
use crate::secret::{self, Secret, SecretError};

/// The longest duration of any setting.
const LONGEST_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

const AFTER_HELP: &str = "\
Examples:
  user-service
  DATABASE_URL=postgres://ada@localhost/users REDIS_URL=redis://localhost user-service
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 user-service --listen-addr localhost:8888
  user-service migrate
  user-service config

Without any setting it serves on port 8888 from a SQLite file in the current folder. A flag
overrides its variable, and an empty variable counts as unset. Telemetry follows the OTEL_*
variables of the OpenTelemetry specification.";

const COMPLETIONS: &str = "\
Examples:
  user-service completions bash > ~/.local/share/bash-completion/completions/user-service
  user-service completions zsh > \"${fpath[1]}/_user-service\"
  user-service completions fish > ~/.config/fish/completions/user-service.fish";

/// The settings with an effect on each command.
const SUBCOMMAND_HELP: SubcommandHelp = SubcommandHelp {
    all: &["serve", "config"],
    shown: &[
        (
            "migrate",
            &[
                "database_url",
                "database_url_file",
                "database_migration_url",
                "database_migration_url_file",
                "startup_timeout",
                "log_filter",
                "log_format",
            ],
        ),
        (
            "healthcheck",
            &[
                "listen_addr",
                "health_addr",
                "tls_cert_file",
                "tls_key_file",
            ],
        ),
    ],
    hint: "user-service --help lists all settings; those that are not shown here have no effect.",
};

/// A traced gRPC service for users, on PostgreSQL or SQLite with a Redis or in-process cache.
#[derive(Debug, Parser)]
#[command(
    version = crate::version(),
    args_conflicts_with_subcommands = false,
    after_help = AFTER_HELP,
    max_term_width = 100
)]
pub struct Cli {
    /// The command; serve by default.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to do it.
    #[command(flatten)]
    pub config: Config,
    /// All settings as they were given, without what files hold.
    #[arg(skip)]
    settings: Settings,
}

/// An empty variable must not silently turn a protection off.
const EMPTY: EmptyVariables = EmptyVariables {
    refused: &[
        "AUTH_JWKS_FILE",
        "AUTH_ISSUER",
        "AUTH_AUDIENCE",
        "AUTH_ROLES_CLAIM",
        "TLS_CERT_FILE",
        "TLS_KEY_FILE",
        "TLS_CLIENT_CA_FILE",
        "TLS_CLIENT_IDENTITIES",
        "ETCD_CA_FILE",
        "ETCD_CERT_FILE",
        "ETCD_KEY_FILE",
        "NACOS_CA_FILE",
        "NACOS_CERT_FILE",
        "NACOS_KEY_FILE",
    ],
    taken: &["BAGGAGE_SPAN_ATTRIBUTES"],
};

/// The database, where none is named.
const DEFAULT_DATABASE: &str = "sqlite://user-service.db";

/// The settings that may hold a password.
const SECRETS: [&str; 3] = ["database_url", "database_migration_url", "redis_url"];

impl Cli {
    /// Parses `arguments` and the environment. A password may be in the
    /// environment or in a file, but not in an argument, which every process
    /// of the machine can read.
    ///
    /// # Errors
    /// When they are wrong; [`clap::Error::exit`] says it the way a program does.
    pub fn read(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let (mut command, matches) =
            cli_settings::read(Self::command(), EMPTY, SUBCOMMAND_HELP, arguments)?;
        let holds_password = |id: &str| {
            REGISTRY_PASSWORDS.contains(&id)
                || matches
                    .get_one::<Secret>(id)
                    .is_some_and(secret::has_password)
        };
        let ids = [&SECRETS[..], &REGISTRY_PASSWORDS].concat();
        refuse_passwords(&mut command, &matches, &ids, holds_password)?;
        let mut cli = Self::from_arg_matches(&matches).map_err(without_secrets)?;
        cli.settings = Settings::of(&command, &matches, &REGISTRY_PASSWORDS);
        Ok(cli)
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

    /// All settings in force, without their secrets.
    ///
    /// # Errors
    /// If a file that holds one can't be read.
    pub fn settings(&self) -> Result<Settings, SecretError> {
        let mut settings = self.settings.clone();
        if let Some(file) = &self.config.database_url_file {
            let url = self.config.database_url()?;
            settings.from_file("DATABASE_URL", url.expose(), file);
        }
        if let (Some(file), Some(url)) = (&self.config.redis_url_file, self.config.redis_url()?) {
            settings.from_file("REDIS_URL", url.expose(), file);
        }
        let migration = &self.config.database_migration_url_file;
        if let (Some(file), Some(url)) = (migration, self.config.database_migration_url()?) {
            settings.from_file("DATABASE_MIGRATION_URL", url.expose(), file);
        }
        settings.set_default("DATABASE_URL", DEFAULT_DATABASE);
        settings.set_default("LOG_FORMAT", "pretty on a terminal, else json");
        Ok(settings)
    }
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Serve calls until SIGTERM, SIGINT or SIGHUP.
    Serve,
    /// Apply the pending migrations and exit.
    Migrate,
    /// Check whether the service on this host is ready; exits with 0 if it is.
    Healthcheck,
    /// Show every setting in force and its source, without secrets, and exit.
    Config {
        /// The format.
        #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
        output: OutputFormat,
    },
    /// Write a completion script for a shell to standard output, and exit.
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// The shell.
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
    },
    /// Write man pages, one for each command, to a folder, and exit.
    Man {
        /// The folder; it is created if it is missing.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
}

/// How settings are shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Table,
    /// For programs: one JSON object per line.
    Json,
}

/// All settings.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// The address to serve gRPC on: IP:PORT, HOST:PORT, or :PORT for all IPv4 addresses.
    #[arg(
        long,
        help_heading = "Listening",
        env,
        global = true,
        default_value = "0.0.0.0:8888",
        value_name = "ADDRESS",
        value_parser = address
    )]
    pub listen_addr: SocketAddr,

    /// What is served there, separated by commas. Kitex clients speak thrift or kitex-protobuf.
    #[arg(
        long,
        help_heading = "Listening",
        env,
        global = true,
        default_value = "grpc,thrift,kitex-protobuf",
        value_delimiter = ',',
        value_name = "NAMES"
    )]
    pub protocols: Vec<Protocol>,

    /// The address to serve /livez, /readyz and /metrics on.
    #[arg(
        long,
        help_heading = "Listening",
        env,
        global = true,
        default_value = "0.0.0.0:9090",
        value_name = "ADDRESS",
        value_parser = address
    )]
    pub http_addr: SocketAddr,

    /// The database: postgres://… or sqlite://… [default: sqlite://user-service.db]
    #[arg(
        long,
        help_heading = "Database and cache",
        env,
        global = true,
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_url: Option<Secret>,

    /// A file that holds the database URL.
    #[arg(
        long,
        help_heading = "Database and cache",
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub database_url_file: Option<PathBuf>,

    /// The database as migrations connect to it, postgres://… [default: DATABASE_URL]. They need
    /// sessions of their own, which a connection pooler in transaction mode doesn't give.
    #[arg(
        long,
        help_heading = "Database and cache",
        env,
        global = true,
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_migration_url: Option<Secret>,

    /// A file that holds the URL for migrations.
    #[arg(
        long,
        help_heading = "Database and cache",
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "database_migration_url"
    )]
    pub database_migration_url_file: Option<PathBuf>,

    /// The maximum size of the database connection pool.
    #[arg(long, help_heading = "Database and cache", env, global = true, default_value_t = 10, value_name = "NUMBER",
          value_parser = whole_number_from(1_u32))]
    pub database_max_connections: u32,

    /// The cache: redis://…, rediss://… or redis+sentinel://… [default: a cache in the process].
    #[arg(
        long,
        help_heading = "Database and cache",
        env,
        global = true,
        hide_env_values = true,
        value_name = "URL"
    )]
    pub redis_url: Option<Secret>,

    /// A file that holds the Redis URL.
    #[arg(
        long,
        help_heading = "Database and cache",
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "redis_url"
    )]
    pub redis_url_file: Option<PathBuf>,

    /// How long users are cached, such as 5m or 30s; 0s turns caching off.
    #[arg(long, help_heading = "Database and cache", env, global = true, default_value = "5m", value_name = "TIME",
          value_parser = parse_time)]
    pub cache_ttl: Duration,

    /// Apply pending migrations at the start; false refuses to start if any is pending.
    #[arg(long, help_heading = "Database and cache", env, global = true, default_value_t = true, value_name = "BOOL",
          action = clap::ArgAction::Set)]
    pub migrate: bool,

    /// How long the start waits for a database that is not up yet; 0s fails at once.
    #[arg(long, help_heading = "Database and cache", env, global = true, default_value = "60s", value_name = "TIME",
          value_parser = parse_time)]
    pub startup_timeout: Duration,

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

    /// The delay between SIGTERM and refusing new calls, so that load balancers can react.
    #[arg(long, help_heading = "Shutdown", env, global = true, default_value = "0s", value_name = "TIME",
          value_parser = parse_time)]
    pub shutdown_drain_delay: Duration,

    /// The grace period: how long calls in flight may take to finish.
    #[arg(long, help_heading = "Shutdown", env, global = true, default_value = "20s", value_name = "TIME",
          value_parser = parse_time)]
    pub shutdown_grace: Duration,

    /// Serve gRPC reflection, which grpcurl needs.
    #[arg(long, help_heading = "Listening", env, global = true, default_value_t = true, value_name = "BOOL",
          action = clap::ArgAction::Set)]
    pub reflection: bool,

    /// Whether to continue the trace of a caller; never starts a new one with a link to it.
    #[arg(
        long,
        help_heading = "Telemetry",
        env,
        global = true,
        default_value = "always",
        value_name = "WHEN"
    )]
    pub trust_incoming_trace: Trust,

    /// The entries of a caller's baggage that become attributes of its spans, separated by commas.
    #[arg(
        long,
        help_heading = "Telemetry",
        env,
        global = true,
        default_value = "workflow.name",
        value_delimiter = ',',
        value_name = "NAMES"
    )]
    pub baggage_span_attributes: Vec<String>,

    /// Which log records to write, such as warn or user_service=debug.
    #[arg(
        long,
        help_heading = "Telemetry",
        env = "RUST_LOG",
        global = true,
        default_value = "info",
        value_name = "FILTER"
    )]
    pub log_filter: String,

    /// The format of log records [default: pretty on a terminal, else json].
    #[arg(
        long,
        help_heading = "Telemetry",
        env,
        global = true,
        value_name = "FORMAT"
    )]
    pub log_format: Option<LogFormat>,
}

/// Which traces of callers are continued.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Trust {
    /// Those of all callers.
    Always,
    /// None.
    Never,
}

impl From<Trust> for grpc_telemetry::rpc::Trust {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::Always => Self::Always,
            Trust::Never => Self::Never,
        }
    }
}

/// The format of log records.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// A line of text, for people.
    Pretty,
    /// For programs: one JSON object per line.
    Json,
}

/// Limited, so that adding it to the time of day can't overflow.
fn parse_time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text)
        .map_err(|_| "write a number and a unit, such as 500ms, 30s or 5m".to_owned())?;
    match time <= LONGEST_TIME {
        true => Ok(time),
        false => Err("write at most a year".to_owned()),
    }
}

impl Config {
    /// The database URL, from wherever it was given.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn database_url(&self) -> Result<Secret, SecretError> {
        let given = secret::resolve(&self.database_url, &self.database_url_file)?;
        Ok(given.unwrap_or_else(|| Secret::new(DEFAULT_DATABASE)))
    }

    /// The URL by which migrations are applied, if another one than that of the database.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn database_migration_url(&self) -> Result<Option<Secret>, SecretError> {
        secret::resolve(
            &self.database_migration_url,
            &self.database_migration_url_file,
        )
    }

    /// The names in `baggage_span_attributes`; an empty variable has none.
    pub fn baggage_span_attributes(&self) -> impl Iterator<Item = String> {
        let names = self.baggage_span_attributes.iter();
        names
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
    }

    /// The Redis URL, if one was given.
    ///
    /// # Errors
    /// When its file can't be read.
    pub fn redis_url(&self) -> Result<Option<Secret>, SecretError> {
        secret::resolve(&self.redis_url, &self.redis_url_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_secret_is_never_shown() {
        let url = "postgres://user:hunter2@host/db";
        let cli = Cli::try_parse_from(["user-service", "--database-url", url]);
        assert!(cli.is_ok());
        assert!(!format!("{cli:?}").contains("hunter2"));
    }

    #[test]
    fn a_password_as_an_argument_is_refused_in_any_position() {
        let arguments = [
            ["--database-url", "postgres://user:hunter2@host/db"],
            [
                "--database-url",
                "postgres://host/db?user=u&password=hunter2",
            ],
            ["--redis-url", "redis://:hunter2@host"],
        ];
        for [flag, url] in arguments {
            for line in [
                vec!["user-service", flag, url],
                vec!["user-service", "migrate", flag, url],
                vec!["user-service", flag, url, "serve"],
            ] {
                let error = Cli::read(line).map(drop).map_err(|it| it.to_string());
                let expected = format!("a password in {flag}");
                assert!(
                    error.as_ref().is_err_and(|it| it.contains(&expected)),
                    "{error:?}"
                );
                assert!(!error.is_err_and(|it| it.contains("hunter2")));
            }
        }
        for url in [
            "postgres://user@host/db",
            "postgres:///db",
            "sqlite://a@b:c.db",
        ] {
            assert!(
                Cli::read(["user-service", "--database-url", url]).is_ok(),
                "{url}"
            );
        }
    }

    #[test]
    fn an_empty_list_of_baggage_has_no_names() {
        let names = |list: &str| -> Vec<String> {
            let argument = format!("--baggage-span-attributes={list}");
            let cli = Cli::parse_from(["user-service", &argument]);
            cli.config.baggage_span_attributes().collect()
        };
        assert!(names("").is_empty());
        assert_eq!(names("a, b"), ["a", "b"]);
    }
}
