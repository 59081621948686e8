//! A PgBouncer of one's own, in front of a PostgreSQL.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;
use url::Url;
use xtask::programs::{self, Version};

use crate::postgres::unprivileged;
use crate::server::{Failure, PORT_ATTEMPTS, Server, free_port};

/// A PgBouncer on a free port of 127.0.0.1. Dropping it stops it.
#[derive(Debug)]
pub struct PgBouncer {
    // Before the folder, so that the server has stopped when its folder is removed.
    _server: Server,
    _folder: TempDir,
    url: String,
}

impl PgBouncer {
    /// The first version that keeps prepared statements apart.
    pub const KEEPS_STATEMENTS_APART: Version = Version(1, 21);

    /// The versions that are installed, from `minimum` on; none, after a line that says so,
    /// where there is none.
    pub fn installed(minimum: Version) -> Vec<(PathBuf, Version)> {
        let mut found = programs::pgbouncers();
        found.retain(|(_, version)| *version >= minimum);
        if found.is_empty() {
            // Not `eprintln!`, which is swallowed when a test passes.
            let line = format!("skipped: no PgBouncer {minimum} or newer is installed\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
        found
    }

    /// Starts `program` in front of the server and the database of `url`, with two
    /// connections to it and `settings` on top.
    ///
    /// # Panics
    /// If it doesn't respond within a minute.
    pub async fn start(program: &Path, url: &str, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("testkit-pgbouncer-")
            .tempdir()
            .expect("a temporary folder can be made");
        let mut url = Url::parse(url).expect("the URL of the database can be parsed");
        let database = Url::clone(&url);
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port();
            url.set_port(Some(port)).expect("this URL takes a port");
            let text = configured(&database, port, settings);
            match launch(program, folder.path(), &text, url.as_str()).await {
                Ok(server) => {
                    return Self {
                        _server: server,
                        _folder: folder,
                        url: url.into(),
                    };
                }
                Err(failure) if failure.is_port_clash() => {}
                Err(failure) => failure.report("PgBouncer"),
            }
        }
        panic!("PgBouncer found its port taken {PORT_ATTEMPTS} times in a row");
    }

    /// The URL of the database, by way of it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

async fn launch(program: &Path, folder: &Path, text: &str, url: &str) -> Result<Server, Failure> {
    let settings = folder.join("pgbouncer.ini");
    fs::write(&settings, text).expect("the folder is writable");
    fs::write(folder.join("users"), "\"postgres\" \"\"\n").expect("the folder is writable");
    let mut command: Command = unprivileged(program, folder);
    command.arg(PathBuf::from(&settings));
    let mut server = Server::spawn(&mut command, &folder.join("log"));
    let options = PgConnectOptions::from_str(url).expect("its URL can be parsed");
    // It refuses it.
    let options = options.extra_float_digits(None);
    server
        .ready(async |_| options.connect().await.is_ok())
        .await?;
    Ok(server)
}

fn configured(database: &Url, port: u16, settings: &[(&str, &str)]) -> String {
    let host = database.host_str().expect("the URL has a host");
    let upstream = database.port().unwrap_or(5432);
    let mut text = format!(
        "[databases]
* = host={host} port={upstream}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = users
default_pool_size = 2
"
    );
    for (name, value) in settings {
        text.push_str(&format!("{name} = {value}\n"));
    }
    text
}
