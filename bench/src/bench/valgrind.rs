//! A program under a tool of valgrind, which counts what it does.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use testkit::user_client;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A program is some fifty times slower here.
const LIMIT: Duration = Duration::from_secs(60);

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Tool {
    /// Instructions.
    Callgrind,
    /// Allocations by the allocator of the system.
    Memcheck,
    /// Copies.
    Dhat,
}

impl Tool {
    /// Its options, by which its counts get into the file [`COUNTS`].
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Callgrind => &["--tool=callgrind", "-q", "--callgrind-out-file=counts"],
            Self::Memcheck => &["--undef-value-errors=no", "--log-file=counts"],
            Self::Dhat => &["--tool=dhat", "--mode=copy", "--dhat-out-file=counts"],
        }
    }
}

const COUNTS: &str = "counts";

/// A server under such a tool.
pub(crate) struct Counted {
    child: Child,
    url: String,
    folder: TempDir,
}

impl Counted {
    /// Starts `program`, which says on a line of its output where it serves.
    pub(crate) async fn start(tool: Tool, program: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = valgrind(tool, program)
            .envs(variables.iter().copied())
            .envs([
                ("LISTEN_ADDR", "127.0.0.1:0"),
                ("HTTP_ADDR", "127.0.0.1:0"),
                ("LOG_FORMAT", "json"),
            ])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("valgrind, which `apt-get install valgrind` has");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = timeout(LIMIT, async {
            loop {
                let line = lines
                    .next_line()
                    .await
                    .expect("text")
                    .expect("a server that goes on");
                if let Some(url) = url(&line) {
                    return url;
                }
            }
        });
        let url = url.await.expect("a server that starts");
        Self { child, url, folder }
    }

    /// Lets user-client make calls for `duration`; returns how many there were.
    pub(crate) async fn load(&self, duration: &str) -> f64 {
        let variables = [("USER_SERVICE", self.url.as_str())];
        let arguments = [&["--output", "json", "bench"], &load(duration)[..]].concat();
        let output = user_client(&arguments, &variables).await;
        let figures: Value = serde_json::from_str(&output.stdout).expect("figures");
        figures["calls"].as_f64().expect("a number of calls")
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Stops it; returns what the tool has written.
    pub(crate) async fn stop(mut self) -> String {
        let pid = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?));
        kill_process(pid.expect("a process that runs"), Signal::TERM).expect("a process of ours");
        let ended = timeout(LIMIT, self.child.wait()).await;
        ended.expect("an end in time").expect("an end");
        counts(&self.folder)
    }
}

/// The arguments of a load for `duration`.
const fn load(duration: &str) -> [&str; 7] {
    [
        "get",
        "--connections",
        "1",
        "--concurrency",
        "32",
        "--duration",
        duration,
    ]
}

fn valgrind(tool: Tool, program: &[&str]) -> Command {
    let mut command = Command::new("valgrind");
    command
        .args(tool.options())
        .arg(testkit::program(program[0]))
        .args(&program[1..]);
    command
}

fn counts(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join(COUNTS)).expect("the counts")
}

/// The URL in `line`, if it says where a server is.
fn url(line: &str) -> Option<String> {
    if line.starts_with("http://") {
        return Some(line.to_owned());
    }
    let line: Value = serde_json::from_str(line).ok()?;
    Some(format!("http://{}", line["grpc"].as_str()?))
}
