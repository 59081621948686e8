//! The command line and the environment as one.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use clap::{CommandFactory, FromArgMatches, Parser};
use cli_settings::{
    EmptyVariables, REGISTRY_PASSWORDS, Settings, Shell, SubcommandHelp, refuse_passwords,
    without_secrets,
};

use super::stores::DEFAULT_DATABASE;
use super::{Command, Config};
use crate::secret::{self, Secret, SecretError};

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
        if let Some(file) = &self.config.stores.database_url_file {
            let url = self.config.stores.database_url()?;
            settings.from_file("DATABASE_URL", url.expose(), file);
        }
        if let (Some(file), Some(url)) = (
            &self.config.stores.redis_url_file,
            self.config.stores.redis_url()?,
        ) {
            settings.from_file("REDIS_URL", url.expose(), file);
        }
        let migration = &self.config.stores.database_migration_url_file;
        if let (Some(file), Some(url)) = (migration, self.config.stores.database_migration_url()?) {
            settings.from_file("DATABASE_MIGRATION_URL", url.expose(), file);
        }
        settings.set_default("DATABASE_URL", DEFAULT_DATABASE);
        settings.set_default("LOG_FORMAT", "pretty on a terminal, else json");
        Ok(settings)
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
}
