//! A Redis Sentinel of one's own.

use std::fs;

use tempfile::TempDir;
use xtask::programs;

use crate::redis::{Redis, process_behind};
use crate::server::{PORT_ATTEMPTS, Server, free_port};

/// A sentinel that watches one master and its replicas, and promotes a replica half a second
/// after the master has died. Dropping it stops it.
#[derive(Debug)]
pub struct Sentinel {
    // Before the folder, so that the server has stopped when its folder is removed.
    _server: Server,
    _folder: TempDir,
    port: u16,
}

impl Sentinel {
    /// Starts one that calls the servers around `master` by `name`.
    ///
    /// # Panics
    /// If Redis isn't installed, or doesn't answer within a minute.
    pub async fn start(name: &str, master: &Redis) -> Self {
        let program = programs::redis().expect("a Redis runs already");
        let folder = tempfile::Builder::new()
            .prefix("testkit-sentinel-")
            .tempdir()
            .expect("a temporary folder can be made");
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port();
            let file = folder.path().join("sentinel.conf");
            let master = master.port();
            let text = format!(
                "port {port}
bind 127.0.0.1
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
                .ready(async |pid| process_behind(port).is_some_and(|it| it == pid))
                .await;
            match ready {
                Ok(()) => {
                    return Self {
                        _server: server,
                        _folder: folder,
                        port,
                    };
                }
                Err(failure) if failure.is_port_clash() => {}
                Err(failure) => failure.report("Sentinel"),
            }
        }
        panic!("Sentinel found its port taken {PORT_ATTEMPTS} times in a row");
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}
