//! The commands.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use cli_settings::Shell;

const COMPLETIONS: &str = "\
Examples:
  user-service completions bash > ~/.local/share/bash-completion/completions/user-service
  user-service completions zsh > \"${fpath[1]}/_user-service\"
  user-service completions fish > ~/.config/fish/completions/user-service.fish";

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
