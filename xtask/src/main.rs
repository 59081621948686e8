//! The commands of this repository, each of them `cargo xtask NAME`.

mod apply;
mod bench;
mod chaos;
mod child;
mod compose;
mod contract;
mod conventions;
mod demo;
mod deployment;
mod dist;
mod docker;
mod install;
mod interop;
mod soak;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A command either works or ends with one sentence for the user.
type Result<T = ()> = std::result::Result<T, String>;

/// The commands of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds both programs, runs the workflows and draws their traces
    Demo(demo::Options),
    /// Checks formatting, lints and docs, then runs every test on throw-away servers
    Test {
        /// Arguments for `cargo test`, such as a test's name
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Breaks everything on purpose, for as long as it takes to say what callers notice
    Chaos(chaos::Options),
    /// Breaks it for hours under a mixed load, and says what callers and memory notice
    Soak(soak::Options),
    /// Measures what calls cost, with optimised programs
    Bench(bench::Options),
    /// Runs the pair beside grpcio, grpc-go and grpc-js, and h2spec against the service
    Interop(interop::Options),
    /// Pins the facts of the semantic conventions that the tests check
    Conventions(conventions::Options),
    /// Packs both programs, their completions and man pages for a release
    Dist(dist::Options),
    /// Builds the images of both programs with Docker
    Images,
    /// Applies the overlays to the cluster of KUBECONFIG, or to a kube-apiserver of its own
    ApplyTest,
    /// Brings up compose.yaml with Docker and checks traces, metrics and a rolling restart
    ComposeTest,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Test { arguments } => test::run(&arguments),
        Command::Chaos(options) => chaos::run(&options),
        Command::Soak(options) => soak::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Interop(options) => interop::run(&options),
        Command::Conventions(options) => conventions::run(&options),
        Command::Dist(options) => dist::run(&options),
        Command::Images => docker::images().map(drop),
        Command::ApplyTest => apply::test(),
        Command::ComposeTest => compose::test(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Arguments::command().debug_assert();
    }
}
