//! A PostgreSQL server of one's own.

use std::env;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tempfile::TempDir;
use xtask::programs::{self, POSTGRES_MINIMUM};

use crate::server::{Failure, PORT_ATTEMPTS, Server, free_port};

/// How long one attempt to connect may take.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// Settings that keep every guarantee against the death of the server's processes.
const SETTINGS: [&str; 4] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "synchronous_commit=on",
];

/// Whether the server waits for the disk: `on` where the time of that is measured.
/// Otherwise not, as only a crash of the whole machine would lose data without,
/// and then the data folder is of no use either.
const FSYNC: &str = "TEST_FSYNC";

/// A PostgreSQL server on a free port of 127.0.0.1, with its data in a
/// temporary folder. Dropping it stops the server and removes the folder.
#[derive(Debug)]
pub struct Postgres {
    // Before the folder, so that the server has stopped when its folder is removed.
    server: Server,
    folder: TempDir,
    port: u16,
    programs: programs::Postgres,
}

impl Postgres {
    /// Makes a cluster and starts a server on it.
    ///
    /// # Panics
    /// If PostgreSQL isn't installed, or doesn't respond within a minute.
    pub async fn start() -> Self {
        let programs = programs::postgres().unwrap_or_else(|| {
            panic!("PostgreSQL {POSTGRES_MINIMUM} or newer isn't installed: run `cargo xtask test`, which installs it")
        });
        let folder = tempfile::Builder::new()
            .prefix("testkit-postgres-")
            .tempdir()
            .expect("a temporary folder can be made");
        initialise(&programs.initdb, folder.path());
        Self::launch(programs, folder).await
    }

    async fn launch(programs: programs::Postgres, folder: TempDir) -> Self {
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port();
            match launch(&programs, folder.path(), port).await {
                Ok(server) => {
                    return Self {
                        server,
                        folder,
                        port,
                        programs,
                    };
                }
                Err(failure) if failure.is_port_clash() => {}
                Err(failure) => failure.report("PostgreSQL"),
            }
        }
        panic!("PostgreSQL found its port taken {PORT_ATTEMPTS} times in a row");
    }

    /// Starts another server that follows this one, and waits with each commit here until
    /// it is there as well.
    ///
    /// # Panics
    /// If it doesn't respond within a minute.
    pub async fn standby(&self) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("testkit-postgres-")
            .tempdir()
            .expect("a temporary folder can be made");
        let program = self.programs.initdb.with_file_name("pg_basebackup");
        let mut command = unprivileged(&program, folder.path());
        command
            .args(["--host=127.0.0.1", "--username=postgres", "--no-sync"])
            .arg(format!("--port={}", self.port))
            .args(["--checkpoint=fast", "--write-recovery-conf", "--pgdata"])
            .arg(folder.path().join("data"));
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?} failed: {said}");
        let standby = Self::launch(self.programs.clone(), folder).await;
        self.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            .await;
        self.execute("SELECT pg_reload_conf()").await;
        standby
    }

    /// Makes a standby the primary.
    ///
    /// # Panics
    /// If it isn't within a minute.
    pub async fn promote(&self) {
        self.execute("SELECT pg_promote()").await;
        // Nothing follows it, and it would wait for that with each commit.
        self.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            .await;
        self.execute("SELECT pg_reload_conf()").await;
    }

    /// Carries out `statement` as a superuser.
    ///
    /// # Panics
    /// If the server doesn't.
    pub async fn execute(&self, statement: &'static str) {
        let mut connection = PgConnection::connect(&self.url())
            .await
            .expect("the server answers");
        connection
            .execute(statement)
            .await
            .expect("a superuser may");
    }

    /// Its log.
    ///
    /// # Panics
    /// If the log can't be read.
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// The port at which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of its database `postgres`, for a superuser without password.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The same URL for `role`, a new one without rights, whose password is `right`.
    ///
    /// # Panics
    /// If the server doesn't make it.
    pub async fn role_with_password(&self, role: &str) -> String {
        let mut connection = PgConnection::connect(&self.url())
            .await
            .expect("the server answers");
        let file = self.folder.path().join("data/pg_hba.conf");
        let rules = std::fs::read_to_string(&file).expect("initdb made it");
        let rules = format!("host all {role} 127.0.0.1/32 scram-sha-256\n{rules}");
        std::fs::write(&file, rules).expect("its folder is ours");
        // The name is the test's own.
        let create = format!("CREATE ROLE {role} LOGIN PASSWORD 'right'");
        for statement in [create.as_str(), "SELECT pg_reload_conf()"] {
            let statement = AssertSqlSafe(statement.to_owned());
            connection
                .execute(statement)
                .await
                .expect("a superuser may");
        }
        format!("postgres://{role}:right@127.0.0.1:{}/postgres", self.port)
    }

    /// Freezes all its processes: connections stay open and nothing responds.
    pub fn pause(&self) {
        self.server.signal_all(Signal::STOP);
    }

    /// Ends a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.server.signal_all(Signal::CONT);
    }

    /// Kills all its processes at once. [`restart`](Self::restart) recovers the data.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Stops the server if it runs, and starts it again with the same data and port.
    ///
    /// # Panics
    /// If it doesn't respond within a minute.
    pub async fn restart(&mut self) {
        self.server.stop();
        match launch(&self.programs, self.folder.path(), self.port).await {
            Ok(server) => self.server = server,
            Err(failure) => failure.report("PostgreSQL"),
        }
    }
}

fn initialise(initdb: &Path, folder: &Path) {
    let mut command = unprivileged(initdb, folder);
    command
        .args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ])
        .arg("--pgdata")
        .arg(folder.join("data"));
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {said}");
}

async fn launch(
    programs: &programs::Postgres,
    folder: &Path,
    port: u16,
) -> Result<Server, Failure> {
    let data = folder.join("data");
    let mut command = unprivileged(&programs.server, folder);
    command.arg("-D").arg(&data).arg("-p").arg(port.to_string());
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    let fsync = env::var(FSYNC).unwrap_or_else(|_| "off".to_owned());
    command.arg("-c").arg(format!("fsync={fsync}"));
    let mut server = Server::spawn(&mut command, &folder.join("log"));
    server.ready(async |_| answers(port, &data).await).await?;
    Ok(server)
}

/// Whether a server responds on `port` and is the one with this data: while ours
/// is still failing to bind, the process that took its port may respond.
async fn answers(port: u16, data: &Path) -> bool {
    let options = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username("postgres")
        .database("postgres")
        .ssl_mode(PgSslMode::Disable);
    let ask = async {
        let mut connection = options.connect().await?;
        let found: String = sqlx::query_scalar("SHOW data_directory")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(Path::new(&found) == data)
    };
    matches!(tokio::time::timeout(PROBE_LIMIT, ask).await, Ok(Ok(true)))
}

/// PostgreSQL refuses to run as root, so root hands the folder to another user
/// and starts the programs as that one.
pub(crate) fn unprivileged(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C");
    if rustix::process::geteuid().is_root() {
        let (user, group) = service_account();
        chown(folder, Some(user), Some(group)).expect("root can give a folder away");
        command.uid(user).gid(group);
    }
    command
}

/// The user and the group that it runs as, when root starts it.
pub(crate) fn service_account() -> (u32, u32) {
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| Some((id("-u", name)?, id("-g", name)?)))
        .expect("there is a user postgres or nobody to run PostgreSQL as")
}

fn id(option: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([option, name]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
