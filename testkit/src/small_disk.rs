//! A disk that is soon full.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::postgres::service_account;

/// How much is written at once to fill it up.
const CHUNK: [u8; 4096] = [0; 4096];

/// A file system of its own in memory, for PostgreSQL to write to. Dropping it
/// unmounts it, even with open files.
#[derive(Debug)]
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// One of so many MiB, if this process may have one: root may, elsewhere than
    /// in most containers.
    ///
    /// # Errors
    /// Why it may not.
    pub fn mount(mebibytes: u32) -> Result<Self, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("only root can mount a small disk".to_owned());
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (user, group) = service_account();
        let options = format!("size={mebibytes}m,uid={user},gid={group},mode=700");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]);
        let mounted = mount.arg(folder.path()).output();
        let mounted = mounted.map_err(|error| format!("can't start mount: {error}"))?;
        match mounted.status.success() {
            true => Ok(Self(folder)),
            false => Err(String::from_utf8_lossy(&mounted.stderr).trim().to_owned()),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes to it until it takes no more.
    ///
    /// # Panics
    /// If that ends in another way.
    pub fn fill(&self) {
        let mut file = File::create(self.filler()).expect("a file can be made");
        let full = loop {
            if let Err(error) = file.write_all(&CHUNK) {
                break error;
            }
        };
        assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
    }

    /// Removes what [`fill`](Self::fill) has written.
    ///
    /// # Errors
    /// When it was not filled.
    pub fn free(&self) -> io::Result<()> {
        fs::remove_file(self.filler())
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Its folder can't be removed before; a file system left over is in memory only.
        let _ = Command::new("umount").arg("-l").arg(self.path()).output();
    }
}
