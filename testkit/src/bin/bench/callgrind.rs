//! A program under valgrind's callgrind, which counts what it executes.

use std::fs;
use std::path::PathBuf;
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

/// A server under callgrind.
pub(crate) struct Counted {
    child: Child,
    url: String,
    folder: TempDir,
}

impl Counted {
    /// Starts `program`, which says on a line of its output where it serves.
    pub(crate) async fn start(program: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new("valgrind")
            .args([
                "--tool=callgrind",
                "-q",
                "--callgrind-out-file=callgrind.out",
            ])
            .arg(testkit::program(program[0]))
            .args(&program[1..])
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

    /// Lets user-client make calls for `duration`; answers how many there were.
    pub(crate) async fn load(&self, duration: &str) -> f64 {
        let variables = [("USER_SERVICE", self.url.as_str())];
        let arguments = [
            "--output",
            "json",
            "bench",
            "get",
            "--connections",
            "1",
            "--concurrency",
            "32",
            "--duration",
            duration,
        ];
        let output = user_client(&arguments, &variables).await;
        let figures: Value = serde_json::from_str(&output.stdout).expect("figures");
        figures["calls"].as_f64().expect("a number of calls")
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Stops it; answers how many instructions it has executed.
    pub(crate) async fn stop(mut self) -> f64 {
        let pid = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?));
        kill_process(pid.expect("a process that runs"), Signal::TERM).expect("a process of ours");
        let ended = timeout(LIMIT, self.child.wait()).await;
        ended.expect("an end in time").expect("an end");
        let file: PathBuf = self.folder.path().join("callgrind.out");
        let counts = fs::read_to_string(file).expect("the counts");
        let total = counts
            .lines()
            .find_map(|line| line.strip_prefix("totals: "));
        total
            .and_then(|total| total.trim().parse().ok())
            .expect("a total")
    }
}

/// The URL in `line`, if it says where a server is.
fn url(line: &str) -> Option<String> {
    if line.starts_with("http://") {
        return Some(line.to_owned());
    }
    let line: Value = serde_json::from_str(line).ok()?;
    Some(format!("http://{}", line["grpc"].as_str()?))
}
