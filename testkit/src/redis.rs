//! A Redis server of one's own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use redis::{Client, InfoDict};
use rustix::process::Signal;
use tempfile::TempDir;
use xtask::programs::{self, REDIS_MINIMUM};

use crate::certificates::{Authority, Usage, Validity};
use crate::server::{Failure, PORT_ATTEMPTS, Server, free_port};

/// How long one attempt to connect may take.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// More databases than tests of one run, so that each test has its own.
const DATABASES: &str = "1024";

/// The nodes of a cluster talk to each other at a port that is greater by 10,000.
const MOST_IN_CLUSTER: u16 = u16::MAX - 10_000;

const IN_CLUSTER: [&str; 6] = [
    "--cluster-enabled",
    "yes",
    "--cluster-node-timeout",
    "1000",
    // By default a master lets its first replica wait for 5 s.
    "--repl-diskless-sync-delay",
    "0",
];

/// A Redis server on a free port of 127.0.0.1 that keeps nothing on disk.
/// Dropping it stops the server.
#[derive(Debug)]
pub struct Redis {
    // Before the folder, so that the server has stopped when its folder is removed.
    server: Server,
    folder: TempDir,
    port: u16,
    tls_port: Option<u16>,
    program: PathBuf,
    /// Arguments beside those that each server has.
    options: Vec<String>,
}

impl Redis {
    /// Starts an empty server.
    ///
    /// # Panics
    /// If Redis isn't installed, or doesn't respond within a minute.
    pub async fn start() -> Self {
        Self::start_as(false, None).await
    }

    /// Starts a node of a cluster, which knows no other yet and has no slots. With an `authority` it
    /// serves TLS too, and talks to the others over it.
    ///
    /// # Panics
    /// If Redis isn't installed, or doesn't respond within a minute.
    pub async fn start_in_cluster(authority: Option<&Authority>) -> Self {
        Self::start_as(true, authority).await
    }

    async fn start_as(is_in_cluster: bool, authority: Option<&Authority>) -> Self {
        let program = programs::redis().unwrap_or_else(|| {
            panic!("Redis {REDIS_MINIMUM} or newer isn't installed: run `cargo xtask test`, which installs it")
        });
        let folder = tempfile::Builder::new()
            .prefix("testkit-redis-")
            .tempdir()
            .expect("a temporary folder can be made");
        for _ in 0..PORT_ATTEMPTS * 10 {
            let (port, tls_port) = (free_port(), authority.map(|_| free_port()));
            let mut options = Vec::new();
            if is_in_cluster {
                if tls_port.unwrap_or(port) > MOST_IN_CLUSTER {
                    continue;
                }
                options.extend(IN_CLUSTER.map(str::to_owned));
            }
            if let Some((authority, port)) = authority.zip(tls_port) {
                options.extend(over_tls(authority, folder.path(), port));
            }
            match launch(&program, folder.path(), port, &options).await {
                Ok(server) => {
                    return Self {
                        server,
                        folder,
                        port,
                        tls_port,
                        program,
                        options,
                    };
                }
                Err(failure) if failure.is_port_clash() => {}
                Err(failure) => failure.report("Redis"),
            }
        }
        panic!("Redis found its port taken {PORT_ATTEMPTS} times in a row");
    }

    /// The port at which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port at which it serves TLS, if it does.
    pub(crate) fn tls_port(&self) -> Option<u16> {
        self.tls_port
    }

    /// The URL of its database 0.
    pub fn url(&self) -> String {
        url(self.port)
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

    /// Stops it if it runs, and starts it again on the same port, empty.
    ///
    /// # Panics
    /// If it doesn't respond within a minute.
    pub async fn restart(&mut self) {
        self.server.stop();
        match launch(&self.program, self.folder.path(), self.port, &self.options).await {
            Ok(server) => self.server = server,
            Err(failure) => failure.report("Redis"),
        }
    }
}

async fn launch(
    program: &Path,
    folder: &Path,
    port: u16,
    options: &[String],
) -> Result<Server, Failure> {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env("LC_ALL", "C")
        .args(["--port", &port.to_string()])
        .args(["--bind", "127.0.0.1"])
        .args(["--save", ""])
        .args(["--appendonly", "no"])
        .args(["--databases", DATABASES])
        .args(options);
    let mut server = Server::spawn(&mut command, &folder.join("log"));
    server
        .ready(async |pid| process_behind(port).is_some_and(|it| it == pid))
        .await?;
    Ok(server)
}

/// Serves TLS on `port`, by certificates of `authority` in `folder`: of a server, and of the client
/// that it is of other nodes.
fn over_tls(authority: &Authority, folder: &Path, port: u16) -> Vec<String> {
    let server = authority.local_server();
    let client = authority.issue(&["127.0.0.1"], Usage::Client, Validity::Now);
    let mut options = vec!["--tls-port".to_owned(), port.to_string()];
    for name in ["--tls-cluster", "--tls-replication"] {
        options.extend([name.to_owned(), "yes".to_owned()]);
    }
    options.extend(["--tls-auth-clients", "no"].map(str::to_owned));
    for (name, pem) in [
        ("tls-ca-cert-file", authority.pem()),
        ("tls-cert-file", server.certificate),
        ("tls-key-file", server.key),
        ("tls-client-cert-file", client.certificate),
        ("tls-client-key-file", client.key),
    ] {
        let file = folder.join(name);
        std::fs::write(&file, pem).expect("the folder of the server can be written to");
        options.extend([format!("--{name}"), file.to_string_lossy().into_owned()]);
    }
    options
}

/// The id of the Redis process that responds on `port`: while ours is still
/// failing to bind, the process that took its port may respond.
pub(crate) fn process_behind(port: u16) -> Option<u32> {
    process_at(&url(port))
}

/// The same of a URL, which may have a password.
pub(crate) fn process_at(url: &str) -> Option<u32> {
    let client = Client::open(url).ok()?;
    let mut connection = client.get_connection_with_timeout(PROBE_LIMIT).ok()?;
    connection.set_read_timeout(Some(PROBE_LIMIT)).ok()?;
    let info: InfoDict = redis::cmd("INFO")
        .arg("server")
        .query(&mut connection)
        .ok()?;
    info.get("process_id")
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}
