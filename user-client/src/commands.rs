//! The commands, one file each.

use crate::args::Command;
use crate::client::UserClient;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;

pub mod bench;
pub mod completions;
pub mod config;
pub mod create;
pub mod gateway;
pub mod get;
pub mod import;
pub mod list;
pub mod lookup;
pub mod trace;
pub mod workflow;

/// Runs `command`. Failures of parts are reported as they happen and are in the outcome; a
/// failure of the whole command is the error.
///
/// # Errors
/// If the command fails as a whole.
pub async fn run(
    command: Command,
    client: &UserClient,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    match command {
        Command::Get { ids } => get::run(&ids, client, console).await,
        Command::List { after, limit } => list::run(after, limit, client, console).await,
        Command::Lookup { ids } => lookup::run(ids, client, console).await,
        Command::Import(what) => import::run(what, client, console).await,
        Command::Create(user) => create::run(user, client, console).await,
        Command::Workflow { name } => workflow::run(name, client, console).await,
        Command::Bench(bench) => bench::run(&bench, client, console).await,
        // These run without a client.
        Command::Completions { .. }
        | Command::Config
        | Command::Gateway(_)
        | Command::Man { .. }
        | Command::Trace(_) => Ok(Outcome::Ok),
    }
}
