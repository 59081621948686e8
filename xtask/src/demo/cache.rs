//! The cache of the demo.

use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;

use tempfile::TempDir;
use xtask::programs;

use crate::Result;
use crate::child::{self, KillOnDrop};

/// A Redis of the demo's own.
pub(super) struct Cache {
    _process: KillOnDrop,
    pub(super) url: String,
}

impl Cache {
    /// Starts a Redis, if one is installed.
    pub(super) fn start(folder: &TempDir, interrupted: &AtomicBool) -> Result<Option<Self>> {
        let Some(program) = programs::redis() else {
            return Ok(None);
        };
        let address = super::free_address()?;
        let process = KillOnDrop::start(
            Command::new(program)
                .args(["--bind", "127.0.0.1", "--save", "", "--port"])
                .arg(address.port().to_string())
                .current_dir(folder.path())
                .process_group(0)
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )?;
        let connected = child::poll(super::START_LIMIT, interrupted, || {
            TcpStream::connect(address).ok()
        });
        Ok(connected.map(|_| Self {
            _process: process,
            url: format!("redis://{address}"),
        }))
    }
}
