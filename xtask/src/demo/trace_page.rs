//! The traces of the demo as pages for a browser.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::Result;
use crate::child::{self, KillOnDrop};

/// How long a reader may look.
const LOOKING_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// `user-client trace listen`, to which both programs export.
pub(super) struct TracePage {
    process: KillOnDrop,
    log: PathBuf,
    /// Where the pages are.
    pub(super) url: String,
    /// Where spans are received.
    pub(super) receiver: SocketAddr,
}

impl TracePage {
    /// Starts it on `receiver` and ports of its own.
    pub(super) fn start(
        folder: &TempDir,
        receiver: SocketAddr,
        interrupted: &AtomicBool,
    ) -> Result<Self> {
        let (http, pages) = (super::free_address()?, super::free_address()?);
        let log = folder.path().join("traces.log");
        let stderr = File::create(&log)
            .map_err(|error| format!("can't write {}: {error}", log.display()))?;
        let mut command = super::program("user-client")?;
        command.args(["trace", "listen", "--otlp-listen"]);
        command.arg(receiver.to_string());
        command.arg("--otlp-http-listen").arg(http.to_string());
        command.arg("--web").arg(pages.to_string());
        // Ctrl-C reaches xtask, which then stops it; the workflows draw their traces themselves.
        command
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(stderr);
        let mut page = Self {
            process: KillOnDrop::start(&mut command)?,
            log,
            url: format!("http://{pages}"),
            receiver,
        };
        let connected = child::poll(super::START_LIMIT, interrupted, || {
            match page.process.ended() {
                Some(_) => Some(false),
                None => TcpStream::connect(pages).ok().map(|_| true),
            }
        });
        match connected {
            Some(true) => Ok(page),
            _ => Err(page.failure()),
        }
    }

    /// Returns when the reader ends it with Ctrl-C.
    pub(super) fn show(&mut self, interrupted: &AtomicBool) -> Result {
        self.process.wait(LOOKING_LIMIT, interrupted);
        match interrupted.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(self.failure()),
        }
    }

    fn failure(&self) -> String {
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        format!("user-client trace listen did not stay; it wrote:\n  {said}")
    }
}
