//! An etcd of one's own.

mod access;

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;
use xtask::programs::{self, ETCD_MINIMUM};

pub use self::access::EtcdFiles;
use crate::server::{Failure, PORT_ATTEMPTS, Server, free_port};

/// What it writes once it serves. No other process writes into its log, so it is
/// this very process that does.
const READY: &str = "ready to serve client requests";

/// An etcd of one member on free ports of 127.0.0.1. Dropping it stops it.
#[derive(Debug)]
pub struct Etcd {
    // Before the folder, so that the server has stopped when its folder is removed.
    server: Server,
    folder: TempDir,
    ports: Ports,
    program: PathBuf,
    /// Set while clients need a certificate and a user.
    files: Option<EtcdFiles>,
}

/// Where it listens.
#[derive(Clone, Copy, Debug)]
struct Ports {
    clients: u16,
    peers: u16,
}

impl Etcd {
    /// Starts an empty one.
    ///
    /// # Panics
    /// If etcd isn't installed, or isn't ready within a minute.
    pub async fn start() -> Self {
        let program = programs::etcd().unwrap_or_else(|| {
            panic!("etcd {ETCD_MINIMUM} or newer isn't installed: run `cargo xtask test`, which installs it")
        });
        let folder = tempfile::Builder::new()
            .prefix("testkit-etcd-")
            .tempdir()
            .expect("a temporary folder can be made");
        for _ in 0..PORT_ATTEMPTS {
            let ports = Ports {
                clients: free_port(),
                peers: free_port(),
            };
            match launch(&program, folder.path(), ports, None).await {
                Ok(server) => {
                    return Self {
                        server,
                        folder,
                        ports,
                        program,
                        files: None,
                    };
                }
                Err(failure) if failure.is_port_clash() => {}
                Err(failure) => failure.report("etcd"),
            }
        }
        panic!("etcd found its ports taken {PORT_ATTEMPTS} times in a row");
    }

    /// Its address, such as `127.0.0.1:2379`.
    pub fn address(&self) -> String {
        address(self.ports.clients)
    }

    /// Switches on authentication for a user that may read and write the keys below `prefix` alone, and
    /// mutual TLS; starts it again.
    ///
    /// # Panics
    /// If it refuses that, or isn't ready within a minute.
    pub async fn secure(&mut self, prefix: &str) -> EtcdFiles {
        access::switch_on(self.ports.clients, prefix);
        let files = EtcdFiles::create(self.folder.path());
        self.files = Some(files.clone());
        self.restart().await;
        files
    }

    /// Freezes it: connections stay open and nothing responds.
    pub fn pause(&self) {
        self.server.signal_all(Signal::STOP);
    }

    /// Ends a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.server.signal_all(Signal::CONT);
    }

    /// Kills it at once.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Forgets all keys and leases of one that was killed.
    ///
    /// # Panics
    /// If its files can't be removed.
    pub fn lose_data(&self) {
        std::fs::remove_dir_all(data(self.folder.path())).expect("the data can be removed");
    }

    /// Stops it if it runs, and starts it again on the same ports.
    ///
    /// # Panics
    /// If it isn't ready within a minute.
    pub async fn restart(&mut self) {
        self.server.stop();
        let files = self.files.as_ref();
        match launch(&self.program, self.folder.path(), self.ports, files).await {
            Ok(server) => self.server = server,
            Err(failure) => failure.report("etcd"),
        }
    }
}

async fn launch(
    program: &Path,
    folder: &Path,
    ports: Ports,
    files: Option<&EtcdFiles>,
) -> Result<Server, Failure> {
    let scheme = if files.is_some() { "https" } else { "http" };
    let clients = format!("{scheme}://{}", address(ports.clients));
    let peers = format!("http://{}", address(ports.peers));
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .arg("--data-dir")
        .arg(data(folder))
        .args(["--listen-client-urls", &clients])
        .args(["--advertise-client-urls", &clients])
        .args(["--listen-peer-urls", &peers])
        .args(["--initial-advertise-peer-urls", &peers])
        .args(["--initial-cluster", &format!("default={peers}")])
        // A lease can't be shorter than one and a half elections.
        .args(["--heartbeat-interval", "50", "--election-timeout", "500"]);
    command.args(files.map(EtcdFiles::arguments).unwrap_or_default());
    let mut server = Server::spawn(&mut command, &folder.join("log"));
    let log = folder.join("log");
    server
        .ready(async |_| std::fs::read_to_string(&log).is_ok_and(|it| it.contains(READY)))
        .await?;
    Ok(server)
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}
