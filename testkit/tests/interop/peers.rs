//! The other programs.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long all streams of a run may take; the peers themselves give up sooner.
const LIMIT: Duration = Duration::from_secs(360);
const START_LIMIT: Duration = Duration::from_secs(60);

/// A program on another implementation of gRPC.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// The program and its first arguments.
    pub(crate) command: Vec<String>,
    /// Variables of its environment.
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// All that were built. `cargo xtask interop` says why others were not.
pub(crate) fn all() -> Vec<Peer> {
    let peers = [
        ("grpcio", "INTEROP_GRPCIO"),
        ("grpc-go", "INTEROP_GRPC_GO"),
        ("grpc-js", "INTEROP_GRPC_JS"),
    ];
    let built = peers
        .into_iter()
        .filter_map(|(name, variable)| Peer::built(name, variable));
    built.collect()
}

/// The command in this variable, an argument a line.
pub(crate) fn command(variable: &str) -> Option<Vec<String>> {
    let command = std::env::var(variable).ok()?;
    Some(command.lines().map(str::to_owned).collect())
}

/// How many messages a stream has.
pub(crate) fn messages() -> usize {
    let messages = std::env::var("INTEROP_MESSAGES").ok();
    messages.map_or(20_000, |messages| messages.parse().unwrap())
}

impl Peer {
    /// The program that this variable names, if it was built.
    pub(crate) fn built(name: &'static str, variable: &str) -> Option<Self> {
        let command = command(variable)?;
        Some(Self {
            name,
            command,
            variables: Vec::new(),
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let (program, first) = self.command.split_first().unwrap();
        let mut command = Command::new(program);
        command.args(first).args(arguments).stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.kill_on_drop(true);
        command
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// The last line that it wrote, if it fails.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<(), String> {
        self.output(arguments).await.map(drop)
    }

    /// The same; what it wrote.
    ///
    /// # Errors
    /// The last line that it wrote, if it fails.
    pub(crate) async fn output(&self, arguments: &[&str]) -> Result<String, String> {
        let Ok(output) = timeout(LIMIT, self.command(arguments).output()).await else {
            return Err(format!("not over within {LIMIT:?}"));
        };
        let output = output.unwrap();
        if output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout);
            return Ok(said.trim().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = said.lines().rfind(|line| !line.trim().is_empty());
        Err(last.unwrap_or("no word").to_owned())
    }

    /// Starts it as a server of this many users; returns where it serves.
    pub(crate) async fn serve(&self, users: usize) -> (Child, String) {
        self.serve_as(&[&users.to_string()]).await
    }

    /// Starts it as a server with these arguments; returns where it serves.
    pub(crate) async fn serve_as(&self, arguments: &[&str]) -> (Child, String) {
        let mut command = self.command(&[&["serve"], arguments].concat());
        let log = log(&format!("{}-{}", self.name, arguments[0]));
        command.stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = timeout(START_LIMIT, lines.next_line()).await;
        let url = url.unwrap().unwrap().unwrap();
        (child, url)
    }
}

/// The folder with what the servers of others say: in a table of outcomes, it would hide them.
pub(crate) fn logs() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop")
}

/// A file there, which begins with this server.
fn log(name: &str) -> File {
    std::fs::create_dir_all(logs()).unwrap();
    File::create(logs().join(format!("{name}.log"))).unwrap()
}
