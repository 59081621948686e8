//! Child processes: cargo's commands, and a server that is stopped in the end.

use std::env;
use std::ffi::OsStr;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use xtask::tools;

use crate::Result;

/// How often a child is asked whether it has ended.
const POLL: Duration = Duration::from_millis(20);

/// What cargo tells a program that it runs. A nested cargo has to see the
/// environment of the shell, or build scripts that watch these run again.
const SET_BY_CARGO: [&str; 4] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_CRATE_",
];

/// A cargo command in the workspace's folder.
pub(crate) fn cargo() -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    in_workspace(program)
}

/// A command in the workspace's folder, with the environment that a shell would give.
pub(crate) fn in_workspace(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(tools::workspace());
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if SET_BY_CARGO.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs `command` to its end; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command
        .status()
        .map_err(|error| cannot_start(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{}` failed ({status})", shown(command)))
}

/// What a command wrote.
pub(crate) struct Captured {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `command` to its end and returns what it wrote; anything but success is
/// an error, with what it wrote to standard error.
pub(crate) fn output(command: &mut Command) -> Result<Captured> {
    let output = command
        .output()
        .map_err(|error| cannot_start(command, &error))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = Captured {
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    };
    if output.status.success() {
        return Ok(said);
    }
    Err(format!(
        "`{}` failed ({}):\n{}",
        shown(command),
        output.status,
        said.stderr
    ))
}

/// The same with `input` at standard input.
pub(crate) fn output_of_input(command: &mut Command, input: &str) -> Result<Captured> {
    let piped = |error: std::io::Error| format!("can't make a file of the input: {error}");
    let mut file = tempfile::tempfile().map_err(piped)?;
    file.write_all(input.as_bytes()).map_err(piped)?;
    file.rewind().map_err(piped)?;
    output(command.stdin(file))
}

/// A program that was built beside this one.
pub(crate) fn built(name: &str) -> Result<PathBuf> {
    let this =
        env::current_exe().map_err(|error| format!("can't find xtask's own file: {error}"))?;
    Ok(this.with_file_name(name))
}

/// The same program, built for speed.
pub(crate) fn built_release(name: &str) -> Result<PathBuf> {
    let debug = built(name)?;
    let profiles = debug.ancestors().nth(2).unwrap_or(&debug);
    Ok(profiles.join("release").join(name))
}

/// Turns Ctrl-C and SIGTERM into a flag, so that what was started is stopped and removed.
pub(crate) fn watch_for_interruption() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))
            .map_err(|error| format!("can't watch for Ctrl-C: {error}"))?;
    }
    Ok(interrupted)
}

/// A child process that doesn't outlive its owner.
pub(crate) struct KillOnDrop(Child);

impl KillOnDrop {
    /// Starts `command`.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .spawn()
            .map_err(|error| cannot_start(command, &error))?;
        Ok(Self(child))
    }

    /// Whether the child has ended, and how.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().ok().flatten()
    }

    /// Waits for the end of the child for at most `limit`, or until `interrupted`.
    pub(crate) fn wait(&mut self, limit: Duration, interrupted: &AtomicBool) -> Option<ExitStatus> {
        poll(limit, interrupted, || self.ended())
    }

    /// Signals the child to stop, and waits for at most `limit`.
    pub(crate) fn stop(&mut self, limit: Duration) -> Option<ExitStatus> {
        if let Some(status) = self.ended() {
            return Some(status);
        }
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        // It may have ended by itself in between; the wait below tells.
        let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
        self.wait(limit, &AtomicBool::new(false))
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if self.stop(Duration::from_secs(5)).is_none() {
            // Nothing is left to be done if even this fails.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Repeats `attempt` for at most `limit`, or until `interrupted`.
pub(crate) fn poll<T>(
    limit: Duration,
    interrupted: &AtomicBool,
    mut attempt: impl FnMut() -> Option<T>,
) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = attempt() {
            return Some(value);
        }
        if Instant::now() >= deadline || interrupted.load(Ordering::Relaxed) {
            return None;
        }
        thread::sleep(POLL);
    }
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("can't start `{}`: {error}", command.get_program().display())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
