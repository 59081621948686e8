//! A Redis Sentinel of one's own.

use std::fs;

use tempfile::TempDir;
use xtask::programs;

use crate::redis::{Redis, process_at};
use crate::server::{PORT_ATTEMPTS, Server, free_port};

/// A sentinel that watches one master and its replicas, and promotes a replica half a second
/// after the master has died. Dropping it stops it.
#[derive(Debug)]
pub struct Sentinel {
    // Before the folder, so that the server has stopped when its folder is removed.
    _server: Server,
    _folder: TempDir,
    port: u16,
    password: &'static str,
}

impl Sentinel {
    /// Starts one that calls the servers around `master` by `name`.
    ///
    /// # Panics
    /// If Redis isn't installed, or doesn't respond within a minute.
    pub async fn start(name: &str, master: &Redis) -> Self {
        Self::start_with_password(name, master, "").await
    }

    /// The same of one that wants a `password`, unless it is empty.
    ///
    /// # Panics
    /// If Redis isn't installed, or doesn't respond within a minute.
    pub async fn start_with_password(name: &str, master: &Redis, password: &'static str) -> Self {
        let program = programs::redis().expect("a Redis runs already");
        let folder = tempfile::Builder::new()
            .prefix("testkit-sentinel-")
            .tempdir()
            .expect("a temporary folder can be made");
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port();
            let file = folder.path().join("sentinel.conf");
            let master = master.port();
            let wanted = match password {
                "" => String::new(),
                password => format!("requirepass {password}\n"),
            };
            let text = format!(
                "port {port}
{wanted}bind 127.0.0.1
sentinel monitor {name} 127.0.0.1 {master} 1
sentinel down-after-milliseconds {name} 500
sentinel failover-timeout {name} 2000
"
            );
            fs::write(&file, text).expect("the folder is writable");
            let mut command = std::process::Command::new(&program);
            command
                .current_dir(folder.path())
                .arg(&file)
                .arg("--sentinel");
            let mut server = Server::spawn(&mut command, &folder.path().join("log"));
            let ready = server
                .ready(async |pid| process_at(&url(port, password)).is_some_and(|it| it == pid))
                .await;
            match ready {
                Ok(()) => {
                    return Self {
                        _server: server,
                        _folder: folder,
                        port,
                        password,
                    };
                }
                Err(failure) if failure.is_port_clash() => {}
                Err(failure) => failure.report("Sentinel"),
            }
        }
        panic!("Sentinel found its port taken {PORT_ATTEMPTS} times in a row");
    }

    /// The URL of the sentinel itself.
    pub fn url(&self) -> String {
        url(self.port, self.password)
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

fn url(port: u16, password: &str) -> String {
    match password {
        "" => format!("redis://127.0.0.1:{port}"),
        password => format!("redis://:{password}@127.0.0.1:{port}"),
    }
}
