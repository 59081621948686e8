//! Connections to the database: who waits for one, for how long, and in vain.

use sqlx::{Connection, Executor, PgConnection};
use testkit::{Database, Postgres, Sink, TestEnv, UserService, text};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{GetUserRequest, ListUsersRequest};

use super::{LIMIT, becomes, scrape, value, written};
use testkit::users::{ada, plain_client};

const PENDING: &str = "db_client_connection_pending_requests";
const TIMEOUTS: &str = "db_client_connection_timeouts_total";
const WAITS: &str = "db_client_connection_wait_time_seconds_count";
const STATEMENTS: &str = "db_client_operation_duration_seconds_count";

/// A list needs a connection of its own: lookups share theirs.
async fn list(mut client: UserServiceClient<Channel>) -> Result<(), Status> {
    let listed = client.list_users(ListUsersRequest::default()).await?;
    listed.into_inner().message().await.map(drop)
}

async fn until_a_call_waits(service: &UserService) {
    let waiting = async { while value(&scrape(service).await, PENDING, &[]) < Some(1.0) {} };
    tokio::time::timeout(LIMIT, waiting).await.unwrap();
}

#[tokio::test]
async fn every_wait_for_a_connection_is_counted_and_every_one_in_vain_too() {
    let variables = [("DATABASE_MAX_CONNECTIONS", "1"), ("CACHE_TTL", "0s")];
    let env = TestEnv::configured(&variables).await;
    let mut client = env.plain_client().await;
    client.create_user(ada()).await.unwrap();
    let calm = scrape(&env.service).await;
    assert_eq!(value(&calm, TIMEOUTS, &[]), Some(0.0));
    assert_eq!(value(&calm, PENDING, &[]), Some(0.0));
    assert_eq!(value(&calm, WAITS, &[]), Some(1.0));

    let url = env.database().url().to_owned();
    let mut blocker = PgConnection::connect(&url).await.unwrap();
    let mut lock = blocker.begin().await.unwrap();
    lock.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let mut lists = JoinSet::new();
    for _ in 0..10 {
        lists.spawn(list(client.clone()));
    }
    until_a_call_waits(&env.service).await;
    let ended = lists.join_all().await;
    lock.rollback().await.unwrap();
    let refused = |ended: &&Result<(), Status>| {
        let error = ended.as_ref().err();
        error.is_some_and(|status| status.code() == Code::ResourceExhausted)
    };
    let refused = ended.iter().filter(refused).count() as f64;
    assert!(refused >= 1.0, "{ended:?}");

    becomes(&env.service, PENDING, &[], 0.0).await;
    let lines = scrape(&env.service).await;
    assert_eq!(value(&lines, TIMEOUTS, &[]), Some(refused));
    let in_vain = value(&lines, STATEMENTS, &[("error_type", "pool_timeout")]);
    assert_eq!(in_vain, Some(refused));
    let postgres = [("db_system_name", "postgresql")];
    let statements = lines.sum(STATEMENTS, &written(&postgres));
    assert_eq!(value(&lines, WAITS, &[]), Some(statements - refused));
    env.finish().await;
}

#[tokio::test]
async fn the_error_type_says_why_the_pool_cannot_connect() {
    let mut postgres = Postgres::start().await;
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let service = UserService::start(&[
        ("DATABASE_URL", &postgres.url()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &sink.endpoint()),
    ])
    .await;
    postgres.kill();

    let mut client = plain_client(service.grpc_url()).await;
    let refused = client.get_user(GetUserRequest { user_id: 1 }).await;

    assert_eq!(refused.unwrap_err().code(), Code::Unavailable);
    let lines = scrape(&service).await;
    let of_type = |error_type| value(&lines, STATEMENTS, &[("error_type", error_type)]);
    assert!(of_type("connection_refused") >= Some(1.0), "{lines:?}");
    assert_eq!(of_type("pool_timeout"), None);
    service.stop().await;
    let spans = sink.spans();
    let statements = spans.iter().filter(|it| it.span.name == "SELECT users");
    let reasons: Vec<_> = statements.map(|it| text(it, "error.type")).collect();
    // The first attempt may be on an open connection, and fail as that breaks.
    assert!(reasons.contains(&Some("connection_refused")), "{reasons:?}");
    assert!(!reasons.contains(&Some("pool_timeout")), "{reasons:?}");
}

#[tokio::test]
async fn the_pool_is_named_by_the_schema_that_the_statements_use() {
    let database = Database::create().await;
    let mut operator = PgConnection::connect(database.url()).await.unwrap();
    operator.execute("CREATE SCHEMA app").await.unwrap();
    let url = format!("{}?options[search_path]=app", database.url());
    let service = UserService::start(&[
        ("DATABASE_URL", &url),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ])
    .await;

    let mut client = plain_client(service.grpc_url()).await;
    client.create_user(ada()).await.unwrap();
    let metrics = scrape(&service).await;

    let statements = metrics.series(STATEMENTS, &written(&[("db_system_name", "postgresql")]));
    assert!(!statements.is_empty());
    let of_schema = |(series, _): &(&str, f64)| series.contains("|app\"");
    assert!(statements.iter().all(of_schema), "{statements:?}");
    let pools = metrics.series("db_client_connection_max", &written(&[]));
    assert!(pools.iter().any(of_schema), "{pools:?}");
}
