//! A built program of this workspace as a child process.

mod cpu;
mod terminal;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

pub use self::cpu::Cpu;
pub use self::terminal::{END_OF_INPUT, Terminal};
use crate::process_tree;

/// All that a child sees of this process's environment. Everything that
/// configures the programs or their telemetry is the test's own choice.
const KEPT_VARIABLES: [&str; 5] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
];

/// Where a process wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line that a process wrote, without its end.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it was written.
    pub stream: Stream,
    /// What it says; bytes that aren't UTF-8 are replaced.
    pub text: String,
}

/// A running program. It is killed when dropped, and its working folder, a
/// temporary one, is removed.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    lines: watch::Receiver<Vec<Line>>,
    readers: JoinSet<()>,
    stdout_reader: AbortHandle,
    is_read: watch::Sender<bool>,
    input: Option<ChildStdin>,
    folder: TempDir,
}

impl Process {
    /// Starts the program `name` of this workspace with `variables` set.
    ///
    /// # Panics
    /// If it hasn't been built, or can't be started.
    pub fn start(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let command = command(name, arguments, variables, folder.path());
        Self::spawn(name, command, folder)
    }

    /// The same for a program that ignores SIGHUP from its start.
    ///
    /// # Panics
    /// If it hasn't been built, or can't be started.
    pub fn start_ignoring_hangup(name: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut nohup = Command::new("nohup");
        nohup.arg(program(name));
        configure(&mut nohup, variables, folder.path());
        Self::spawn(name, nohup, folder)
    }

    /// The same for a program that reads what [`write`](Self::write) writes.
    ///
    /// # Panics
    /// If it hasn't been built, or can't be started.
    pub fn start_with_input(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = command(name, arguments, variables, folder.path());
        command.stdin(Stdio::piped());
        Self::spawn(name, command, folder)
    }

    fn spawn(name: &str, mut command: Command, folder: TempDir) -> Self {
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("can't start {name}: {error}"));
        let (sender, lines) = watch::channel(Vec::new());
        // Readers alone own it: the channel closes when the process has closed both streams.
        let sender = Arc::new(sender);
        let mut readers = JoinSet::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let child_input = child.stdin.take();
        let (is_read, reading) = watch::channel(true);
        let to = Arc::clone(&sender);
        let stdout_reader = readers.spawn(capture(stdout, Stream::Stdout, to, reading.clone()));
        readers.spawn(capture(stderr, Stream::Stderr, sender, reading));
        Self {
            name: name.to_owned(),
            child,
            lines,
            readers,
            stdout_reader,
            is_read,
            input: child_input,
            folder,
        }
    }

    /// Writes to the standard input of the process.
    ///
    /// # Panics
    /// If the process doesn't read it.
    pub async fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("started with an input");
        input.write_all(bytes).await.expect("the process reads");
    }

    /// Ends the standard input of the process.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Reads no more of the standard output, like `head` when it has enough.
    pub fn stop_reading(&self) {
        self.stdout_reader.abort();
    }

    /// Leaves what the process writes in its pipes, like a reader that hangs, until it ends
    /// or [`read_on`](Self::read_on).
    pub fn pause_reading(&self) {
        self.is_read.send_replace(false);
    }

    /// Reads again.
    pub fn read_on(&self) {
        self.is_read.send_replace(true);
    }

    /// The working folder of the process.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The id of the process.
    ///
    /// # Panics
    /// If it has ended.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the process runs")
    }

    /// The memory that the process holds, in KiB, as Linux counts it.
    ///
    /// # Panics
    /// If it has ended.
    pub fn resident(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most of that since it started, or since [`forget_peak`](Self::forget_peak), in KiB.
    ///
    /// # Panics
    /// If it has ended.
    pub fn peak(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// Lets the peak of its memory begin with what it has now.
    ///
    /// # Panics
    /// If it has ended.
    pub fn forget_peak(&self) {
        let path = format!("/proc/{}/clear_refs", self.pid());
        std::fs::write(path, "5").expect("the process runs, on Linux");
    }

    fn memory(&self, kind: &str) -> u64 {
        let path = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(path).expect("the process runs, on Linux");
        let line = status.lines().find_map(|it| it.strip_prefix(kind));
        let kibibytes = line.and_then(|it| it.split_whitespace().next()?.parse().ok());
        kibibytes.expect("Linux knows how much that is")
    }

    /// What its threads have had of the processors so far.
    ///
    /// # Panics
    /// If it has ended.
    pub fn cpu(&self) -> Cpu {
        Cpu::of(self.pid())
    }

    /// Everything written so far, in the order of its arrival.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.borrow().clone()
    }

    /// What was written to `stream` so far, as one text.
    pub fn text(&self, stream: Stream) -> String {
        let lines = self.lines.borrow();
        let wanted = lines.iter().filter(|line| line.stream == stream);
        wanted.flat_map(|line| [line.text.as_str(), "\n"]).collect()
    }

    /// Waits for a line that `wanted` accepts, for at most `limit`, and returns
    /// the first one. Lines from before the call count too.
    ///
    /// # Panics
    /// If there is none in time, or the process ends without one.
    pub async fn wait_for_line(
        &mut self,
        wanted: impl Fn(&str) -> bool,
        limit: Duration,
    ) -> String {
        let find = |lines: &[Line]| {
            lines
                .iter()
                .find(|it| wanted(&it.text))
                .map(|it| it.text.clone())
        };
        let waiting = self.lines.wait_for(|lines| find(lines).is_some());
        let found = match tokio::time::timeout(limit, waiting).await {
            Ok(Ok(lines)) => find(&lines),
            Ok(Err(_)) | Err(_) => None,
        };
        found.unwrap_or_else(|| {
            self.fail(&format!(
                "did not write the line waited for within {limit:?}"
            ))
        })
    }

    /// Sends `signal` to the process; nothing happens if it has ended.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.child.id() {
            process_tree::send(pid, signal);
        }
    }

    /// Waits for the end of the process and of what it writes.
    ///
    /// # Panics
    /// If that takes longer than `limit`.
    pub async fn wait(&mut self, limit: Duration) -> ExitStatus {
        let ending = async {
            let status = self.child.wait().await.expect("a child can be waited for");
            self.is_read.send_replace(true);
            while self.readers.join_next().await.is_some() {}
            status
        };
        match tokio::time::timeout(limit, ending).await {
            Ok(status) => status,
            Err(_) => self.fail(&format!("did not end within {limit:?}")),
        }
    }

    /// Ends the test with a sentence and all that the process has written.
    pub(crate) fn fail(&self, what: &str) -> ! {
        let lines = self.lines();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        panic!("{} {what}; it wrote:\n{}", self.name, texts.join("\n"))
    }
}

fn command(name: &str, arguments: &[&str], variables: &[(&str, &str)], folder: &Path) -> Command {
    let mut command = Command::new(program(name));
    command.args(arguments);
    configure(&mut command, variables, folder);
    command
}

fn configure(command: &mut Command, variables: &[(&str, &str)], folder: &Path) {
    let kept = KEPT_VARIABLES
        .iter()
        .filter_map(|it| Some((it, env::var_os(it)?)));
    command
        .current_dir(folder)
        .env_clear()
        .envs(kept)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
}

/// The file of the program `name` of this workspace. Cargo puts tests into the
/// folder `deps` beside the programs.
///
/// # Panics
/// If it hasn't been built.
pub fn program(name: &str) -> PathBuf {
    let this = env::current_exe().expect("a process knows its own file");
    let mut folders = this
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name));
    folders.find(|program| program.is_file()).unwrap_or_else(|| {
        panic!("{name} isn't built: run `cargo xtask test`, or `cargo build --workspace --bins` before the tests")
    })
}

async fn capture(
    from: impl AsyncRead + Unpin,
    stream: Stream,
    to: Arc<watch::Sender<Vec<Line>>>,
    mut is_read: watch::Receiver<bool>,
) {
    let mut lines = BufReader::new(from).split(b'\n');
    // Who can't turn it on any more wants no lines.
    while is_read.wait_for(|it| *it).await.is_ok() {
        let Ok(Some(bytes)) = lines.next_segment().await else {
            return;
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        to.send_modify(|lines| lines.push(Line { stream, text }));
    }
}
