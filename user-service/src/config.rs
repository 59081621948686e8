//! The command line and the environment; a flag goes before its variable.

mod access;
mod etcd;
mod limits;
mod nacos;
mod protocols;
mod registries;
mod tls;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use cli_settings::{
    EmptyVariables, REGISTRY_PASSWORDS, Settings, refuse_passwords, without_secrets,
};

pub use self::access::Tokens;
pub use self::etcd::Etcd;
pub use self::limits::Limits;
pub use self::nacos::Nacos;
pub use self::protocols::Protocol;
pub use self::registries::{Registries, RegistryError};
pub use self::tls::{Incomplete, Tls};
use crate::secret::{self, Secret, SecretError};

/// No setting is a time that is longer.
const LONGEST_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A traced gRPC service for users, on PostgreSQL or SQLite with a Redis or in-process cache.
#[derive(Debug, Parser)]
#[command(
    version = crate::version(),
    args_conflicts_with_subcommands = false,
    after_help = "Without any setting it serves on port 8888 from a SQLite file in the current folder.\n\
                  Telemetry follows the OTEL_* variables of the OpenTelemetry specification."
)]
pub struct Cli {
    /// What to do; serve by default.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to do it.
    #[command(flatten)]
    pub config: Config,
    /// All settings as they were given, without what files hold.
    #[arg(skip)]
    settings: Settings,
}

/// A protection that was asked for is not off without a word.
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
    /// What `arguments` and the environment say. A password may be in the
    /// environment or in a file, but not in an argument, which every process
    /// of the machine can read.
    ///
    /// # Errors
    /// When they are wrong; [`clap::Error::exit`] says it the way a program does.
    pub fn read(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let (mut command, matches) = cli_settings::read(Self::command(), EMPTY, arguments)?;
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

    /// All settings in force, without their secrets.
    ///
    /// # Errors
    /// When a file that holds one can't be read.
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

/// What the program can do.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Command {
    /// Serve calls until SIGTERM, SIGINT or SIGHUP.
    Serve,
    /// Apply the pending migrations and exit.
    Migrate,
    /// Ask the service on this host whether it is ready; exit code 0 if it is.
    Healthcheck,
    /// Show every setting in force and where it comes from, without secrets, and exit.
    Config {
        /// How to write it.
        #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
        output: OutputFormat,
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
    /// Where gRPC is served.
    #[arg(
        long,
        env,
        global = true,
        default_value = "0.0.0.0:8888",
        value_name = "ADDRESS",
        value_parser = parse_address
    )]
    pub listen_addr: SocketAddr,

    /// What is served there, separated by commas. Kitex clients speak thrift or kitex-protobuf.
    #[arg(
        long,
        env,
        global = true,
        default_value = "grpc,thrift,kitex-protobuf",
        value_delimiter = ',',
        value_name = "NAMES"
    )]
    pub protocols: Vec<Protocol>,

    /// Where /livez and /readyz are served.
    #[arg(
        long,
        env,
        global = true,
        default_value = "0.0.0.0:9090",
        value_name = "ADDRESS",
        value_parser = parse_address
    )]
    pub http_addr: SocketAddr,

    /// postgres://… or sqlite://… [default: sqlite://user-service.db]
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub database_url: Option<Secret>,

    /// A file that holds the database URL.
    #[arg(
        long,
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub database_url_file: Option<PathBuf>,

    /// postgres://…, by which migrations are applied [default: DATABASE_URL]. A connection
    /// pooler that shares sessions can't apply them.
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub database_migration_url: Option<Secret>,

    /// A file that holds the URL for migrations.
    #[arg(
        long,
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "database_migration_url"
    )]
    pub database_migration_url_file: Option<PathBuf>,

    /// The most connections to the database.
    #[arg(long, env, global = true, default_value_t = 10, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub database_max_connections: u32,

    /// redis://…, rediss://… or redis+sentinel://…; without it the cache is in the process.
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub redis_url: Option<Secret>,

    /// A file that holds the Redis URL.
    #[arg(
        long,
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "redis_url"
    )]
    pub redis_url_file: Option<PathBuf>,

    /// How long users are cached, such as 5m or 30s; 0s turns caching off.
    #[arg(long, env, global = true, default_value = "5m", value_name = "TIME",
          value_parser = parse_time)]
    pub cache_ttl: Duration,

    /// Apply pending migrations at the start; false refuses to start if there are any.
    #[arg(long, env, global = true, default_value_t = true, value_name = "BOOL",
          action = clap::ArgAction::Set)]
    pub migrate: bool,

    /// How long the start waits for a database that is not up yet; 0s fails at once.
    #[arg(long, env, global = true, default_value = "60s", value_name = "TIME",
          value_parser = parse_time)]
    pub startup_timeout: Duration,

    /// Whose calls are taken.
    #[command(flatten)]
    pub tokens: Tokens,

    /// What callers may take.
    #[command(flatten)]
    pub limits: Limits,

    /// Who may connect, and how.
    #[command(flatten)]
    pub tls: Tls,

    /// How others find this instance.
    #[command(flatten)]
    pub registries: Registries,

    /// How long calls are still taken after SIGTERM, while callers learn to go elsewhere.
    #[arg(long, env, global = true, default_value = "0s", value_name = "TIME",
          value_parser = parse_time)]
    pub shutdown_drain_delay: Duration,

    /// How long calls in flight may take to finish after SIGTERM.
    #[arg(long, env, global = true, default_value = "20s", value_name = "TIME",
          value_parser = parse_time)]
    pub shutdown_grace: Duration,

    /// Serve gRPC reflection, which grpcurl needs.
    #[arg(long, env, global = true, default_value_t = true, value_name = "BOOL",
          action = clap::ArgAction::Set)]
    pub reflection: bool,

    /// Whether the trace of a caller is continued; never starts a new one with a link to it.
    #[arg(
        long,
        env,
        global = true,
        default_value = "always",
        value_name = "WHEN"
    )]
    pub trust_incoming_trace: Trust,

    /// The members of a caller's baggage that spans of calls show, separated by commas.
    #[arg(
        long,
        env,
        global = true,
        default_value = "workflow.name",
        value_delimiter = ',',
        value_name = "NAMES"
    )]
    pub baggage_span_attributes: Vec<String>,

    /// Which log records are written, such as warn or user_service=debug.
    #[arg(
        long,
        env = "RUST_LOG",
        global = true,
        default_value = "info",
        value_name = "FILTER"
    )]
    pub log_filter: String,

    /// How log records look [default: pretty on a terminal, else json].
    #[arg(long, env, global = true, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// Whose traces are continued.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Trust {
    /// Those of all callers.
    Always,
    /// Nobody's.
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

/// How log records look.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// A line of text, for people.
    Pretty,
    /// A JSON object a line.
    Json,
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|error| format!("{error}; write an IP address and a port, such as 0.0.0.0:8888"))
}

/// Within what clocks can add up.
fn parse_time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 500ms, 30s or 5m"))?;
    match time <= LONGEST_TIME {
        true => Ok(time),
        false => Err("must be at most a year".to_owned()),
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
    fn a_password_is_no_argument_wherever_it_stands() {
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
