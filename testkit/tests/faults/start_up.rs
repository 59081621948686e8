//! A start while a store is not up: probes and signals work from the first moment, a
//! database that is late is waited for, and wrong settings end the start at once.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use testkit::{Database, FaultProxy, Mode, Postgres, Process, Signal, Stream, http_get, run};
use tokio::net::TcpStream;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::client;
use testkit::users::new_user;

/// How long anything may take on a busy machine that takes moments on others.
const LIMIT: Duration = Duration::from_secs(20);
/// How long a start that waits for nothing may take to end.
const AT_ONCE: Duration = Duration::from_secs(5);
const WAITS: &str = "waiting for the database for up to STARTUP_TIMEOUT";

/// A service that serves its probes, and may not serve calls yet.
struct Starting {
    process: Process,
    grpc: String,
    http: String,
    health: String,
}

impl Starting {
    async fn new(variables: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        let grpc = port.local_addr().unwrap().to_string();
        drop(port);
        let own = [
            ("LISTEN_ADDR", grpc.as_str()),
            ("HTTP_ADDR", "127.0.0.1:0"),
            ("HEALTH_ADDR", "127.0.0.1:0"),
            ("LOG_FORMAT", "json"),
            ("RUST_LOG", "info,user_service=debug"),
            ("OTEL_SDK_DISABLED", "true"),
        ];
        let mut process = Process::start("user-service", &[], &[&own, variables].concat());
        let line = process
            .wait_for_line(|line| line.contains("serving probes"), LIMIT)
            .await;
        let line: Value = serde_json::from_str(&line).unwrap();
        let url = |field| format!("http://{}", line[field].as_str().unwrap());
        Self {
            process,
            grpc,
            http: url("http"),
            health: url("health"),
        }
    }

    async fn assert_alive_and_not_ready(&self) {
        assert_eq!(http_get(&self.http, "/livez").await.0, 200);
        assert_eq!(http_get(&self.http, "/readyz").await.0, 503);
        assert_eq!(self.checked("liveness").await, ServingStatus::Serving);
        assert_eq!(self.checked("").await, ServingStatus::NotServing);
        let refused = TcpStream::connect(&self.grpc).await;
        assert!(refused.is_err(), "the port for calls listens");
    }

    /// The status of `service` by `grpc.health.v1`.
    async fn checked(&self, service: &str) -> ServingStatus {
        let endpoint = Endpoint::from_shared(self.health.clone()).unwrap();
        let mut health = HealthClient::new(endpoint.connect().await.unwrap());
        let service = service.to_owned();
        let checked = health.check(HealthCheckRequest { service }).await;
        checked.unwrap().into_inner().status()
    }

    async fn wait_for(&mut self, words: &str) {
        self.process
            .wait_for_line(|line| line.contains(words), LIMIT)
            .await;
    }

    /// Waits until it serves, which it said once before that it could not yet.
    async fn assert_serves(&mut self) {
        self.wait_for("\"serving\"").await;
        assert_eq!(http_get(&self.http, "/readyz").await.0, 200);
        let server = format!("http://{}", self.grpc);
        client(&server, LIMIT).create(new_user()).await.unwrap();
        let lines = self.process.text(Stream::Stdout);
        assert_eq!(lines.matches(WAITS).count(), 1, "{lines}");
    }

    /// Sends SIGTERM, after which it must stop gracefully and at once.
    async fn assert_stops(mut self) {
        let started = Instant::now();
        self.process.signal(Signal::TERM);
        let status = self.process.wait(LIMIT).await;
        assert!(status.success(), "{status}");
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_starts_after_the_service_is_waited_for() {
    let mut postgres = Postgres::start().await;
    let url = postgres.url();
    postgres.kill();
    let mut starting = Starting::new(&[("DATABASE_URL", &url)]).await;
    starting.wait_for(WAITS).await;
    starting.assert_alive_and_not_ready().await;

    // For so long that the backoff has reached its longest delay.
    tokio::time::sleep(Duration::from_secs(5)).await;
    postgres.restart().await;

    starting.assert_serves().await;
    starting.assert_stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_accepts_and_never_answers_is_waited_for() {
    let database = Database::create().await;
    let proxy = FaultProxy::in_front_of(database.url()).await;
    proxy.set(Mode::Hang);
    let mut starting = Starting::new(&[("DATABASE_URL", proxy.url())]).await;
    starting.wait_for(WAITS).await;
    starting.assert_alive_and_not_ready().await;

    proxy.set(Mode::Pass);

    starting.assert_serves().await;
    starting.assert_stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_waits_stops_at_a_signal() {
    let database = Database::create().await;
    let proxy = FaultProxy::in_front_of(database.url()).await;
    for mode in [Mode::Refuse, Mode::Hang] {
        proxy.set(mode);
        let starting = Starting::new(&[("DATABASE_URL", proxy.url())]).await;
        starting.assert_stops().await;
        let migrating = [("DATABASE_URL", proxy.url())];
        let mut migrate = Process::start("user-service", &["migrate"], &migrating);
        migrate.wait_for_line(|it| it.contains(WAITS), LIMIT).await;
        migrate.signal(Signal::TERM);
        let status = migrate.wait(AT_ONCE).await;
        assert_eq!(status.code(), Some(1), "it has migrated nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_table_of_migrations_holds_back_neither_probes_nor_a_stop() {
    let database = Database::create().await;
    let url = [("DATABASE_URL", database.url())];
    let migrated = run("user-service", &["migrate"], &url).await;
    assert!(migrated.status.success(), "{migrated:?}");
    let mut operator = PgConnection::connect(database.url()).await.unwrap();
    let lock = "BEGIN; LOCK TABLE _sqlx_migrations IN ACCESS EXCLUSIVE MODE";
    operator.execute(lock).await.unwrap();
    let mut starting = Starting::new(&url).await;
    starting.wait_for(WAITS).await;
    starting.assert_alive_and_not_ready().await;
    starting.assert_stops().await;

    let mut starting = Starting::new(&url).await;
    starting.wait_for(WAITS).await;
    operator.execute("COMMIT").await.unwrap();
    starting.assert_serves().await;
    starting.assert_stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_of_sqlite_holds_back_neither_probes_nor_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/users.db", folder.path().display());
    let mut other = SqliteConnection::connect(&format!("{url}?mode=rwc"))
        .await
        .unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    let mut starting = Starting::new(&[("DATABASE_URL", &url)]).await;
    starting.wait_for(WAITS).await;
    starting.assert_alive_and_not_ready().await;
    starting.assert_stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_and_a_registry_that_hang_hold_back_no_start() {
    let database = Database::create().await;
    // It accepts, and never responds.
    let hung = TcpListener::bind("127.0.0.1:0").unwrap();
    let hung = hung.local_addr().unwrap();
    let (redis, etcd) = (format!("redis://{hung}"), hung.to_string());
    let mut starting = Starting::new(&[
        ("DATABASE_URL", database.url()),
        ("REDIS_URL", &redis),
        ("ETCD_ENDPOINTS", &etcd),
    ])
    .await;
    starting.wait_for("\"serving\"").await;
    starting.assert_stops().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_of_the_database_end_the_start_at_once() {
    let postgres = Postgres::start().await;
    let right = postgres.role_with_password("ada").await;
    let table = [
        (right.replace("right", "hunter2"), "password"),
        (right.replace("ada", "grace"), "grace"),
        (right.replace("/postgres", "/nowhere"), "nowhere"),
        (format!("{right}?sslmode=require"), "TLS"),
        // It may not make the tables, which are not there.
        (right, "permission denied"),
    ];
    for (url, words) in table {
        let started = Instant::now();
        let output = run("user-service", &[], &[("DATABASE_URL", &url)]).await;
        assert_eq!(output.status.code(), Some(1), "{url}: {output:?}");
        assert!(output.stderr.contains(words), "{words}: {}", output.stderr);
        assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
        assert!(!output.stdout.contains(WAITS), "{}", output.stdout);
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    }
}
