//! A built program of this workspace on a terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::configure;
use crate::process_tree;

/// Ends the input, as Ctrl-D does.
pub const END_OF_INPUT: &[u8] = b"\x04";

/// A program whose standard streams are a terminal. It is killed when dropped, and its working
/// folder, a temporary one, is removed.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: watch::Receiver<String>,
    _folder: TempDir,
}

impl Terminal {
    /// Starts `program`, a path or a name in `PATH`, on a terminal with so many `columns`.
    ///
    /// # Panics
    /// If it can't be started.
    pub fn start(
        program: impl AsRef<std::ffi::OsStr>,
        arguments: &[&str],
        variables: &[(&str, &str)],
        columns: u16,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (ours, theirs) = open(columns).expect("the system has terminals");
        let stream = || Stdio::from(theirs.try_clone().expect("a terminal can be shared"));
        let mut command = Command::new(program);
        command.args(arguments);
        configure(&mut command, variables, folder.path());
        command.stdin(stream()).stdout(stream()).stderr(stream());
        let child = command.spawn().expect("the program can be started");
        let (to, screen) = watch::channel(String::new());
        let from = ours.try_clone().expect("a terminal can be shared");
        // It ends when the program has closed the terminal.
        std::thread::spawn(move || copy(from, &to));
        Self {
            child,
            keyboard: ours,
            screen,
            _folder: folder,
        }
    }

    /// Types `keys`.
    ///
    /// # Panics
    /// If the terminal is closed.
    pub fn type_in(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).expect("the program runs");
    }

    /// Everything on the terminal so far, with what was typed.
    pub fn text(&self) -> String {
        self.screen.borrow().clone()
    }

    /// Waits until the terminal shows `text`.
    ///
    /// # Panics
    /// If that takes longer than `limit`.
    pub async fn wait_for(&mut self, text: &str, limit: Duration) {
        let shown = self.screen.wait_for(|screen| screen.contains(text));
        let shown = tokio::time::timeout(limit, shown).await;
        let is_shown = shown.is_ok_and(|it| it.is_ok());
        assert!(is_shown, "no {text:?} in {:?}", self.text());
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.child.id() {
            process_tree::send(pid, signal);
        }
    }

    /// Waits for the end of the program and of its output.
    ///
    /// # Panics
    /// If that takes longer than `limit`.
    pub async fn wait(&mut self, limit: Duration) -> ExitStatus {
        let ending = async {
            let status = self.child.wait().await.expect("a child can be waited for");
            // The reader drops its side at the end of the output.
            while self.screen.changed().await.is_ok() {}
            status
        };
        let ended = tokio::time::timeout(limit, ending).await;
        ended.unwrap_or_else(|_| panic!("still runs after {limit:?}: {:?}", self.text()))
    }
}

/// Both ends of a new terminal: ours, and that of the program.
fn open(columns: u16) -> rustix::io::Result<(File, OwnedFd)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let size = Winsize {
        ws_row: 50,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&ours, size)?;
    let name = ptsname(&ours, Vec::new())?;
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
    let theirs = rustix::fs::open(name, flags, rustix::fs::Mode::empty())?;
    Ok((File::from(ours), theirs))
}

fn copy(mut from: File, to: &watch::Sender<String>) {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    // At its end a terminal fails to be read.
    while let Ok(count @ 1..) = from.read(&mut piece) {
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        to.send_modify(|screen| *screen = text);
    }
}
