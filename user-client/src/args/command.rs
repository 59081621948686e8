//! The commands.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use cli_settings::{Shell, whole_number_from};

use super::{Bench, Gateway, Import, NewUser, Trace, id};

const COMPLETIONS: &str = "\
Examples:
  user-client completions bash > ~/.local/share/bash-completion/completions/user-client
  user-client completions zsh > \"${fpath[1]}/_user-client\"
  user-client completions fish > ~/.config/fish/completions/user-client.fish";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show users by their ids, with one call for each.
    #[command(
        after_help = "Examples:\n  user-client get 1\n  user-client get 1 2 3 --output json | jq .email"
    )]
    Get {
        /// The ids of the users.
        #[arg(required = true, value_name = "ID", value_parser = id::parser())]
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
        #[arg(value_name = "ID")]
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
    /// Put load on the service and measure throughput and latency. This program doesn't trace
    /// or retry these calls.
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

impl WorkflowChoice {
    /// Each workflow, in the order in which `All` runs them.
    const EACH: [Self; 4] = [
        Self::UserManagement,
        Self::BulkOnboarding,
        Self::FanOut,
        Self::FailureTour,
    ];
}
