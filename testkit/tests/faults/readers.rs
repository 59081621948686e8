//! Callers that begin to read a stream and stop.

use std::time::Duration;

use futures_util::{TryStreamExt, future};
use sqlx::{Connection, Executor, PgConnection};
use testkit::{Sink, TestEnv, UserService, text};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Streaming};
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{ListUsersRequest, ListUsersResponse};

use crate::support::{get, metric, proxied};
use testkit::sizes::{eventually, report, size};

const ACTIVE: &str = "rpc_server_call_active";
const LIMIT: Duration = Duration::from_secs(10);
/// What a reader takes before it reads.
const WINDOW: u32 = 64 * 1024;

/// A client whose streams leave room for one another.
async fn client(service: &UserService) -> UserServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(service.grpc_url().to_owned()).unwrap();
    let endpoint = endpoint
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(128 * WINDOW);
    UserServiceClient::new(endpoint.connect().await.unwrap())
}

async fn with_rows(rows: usize, variables: &[(&str, &str)]) -> TestEnv {
    let env = proxied(variables).await;
    let mut admin = PgConnection::connect(env.database().url()).await.unwrap();
    let insert = sqlx::query(
        "INSERT INTO users (name, email) SELECT 'User ' || number, number || '@example.com' FROM generate_series(1, $1) AS number",
    );
    let rows = i64::try_from(rows).unwrap();
    admin.execute(insert.bind(rows)).await.unwrap();
    env
}

/// A list that has begun and is not read.
async fn stalled(
    client: &UserServiceClient<Channel>,
    deadline: Option<Duration>,
) -> Streaming<ListUsersResponse> {
    let mut request = Request::new(ListUsersRequest::default());
    if let Some(deadline) = deadline {
        request.set_timeout(deadline);
    }
    client
        .clone()
        .list_users(request)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_reader_has_stopped_ends_at_its_deadline() {
    let readers = size(10, 100);
    let deadline = Duration::from_millis(300);
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let env = with_rows(
        10_000,
        &[
            ("OTEL_SDK_DISABLED", "false"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &sink.endpoint()),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ],
    )
    .await;
    let client = client(&env.service).await;
    let mut streams = Vec::new();
    for _ in 0..readers {
        streams.push(stalled(&client, Some(deadline)).await);
    }
    let ended = sink.wait_until(LIMIT, |spans| {
        let lists = spans
            .iter()
            .filter(|it| it.span.name.ends_with("/ListUsers"));
        lists.count() == readers
    });
    assert!(ended.await, "the spans end though nobody reads");
    let mut latest = Duration::ZERO;
    for list in sink.spans() {
        if !list.span.name.ends_with("/ListUsers") {
            continue;
        }
        let code = text(&list, "rpc.response.status_code");
        assert_eq!(code, Some("DEADLINE_EXCEEDED"));
        let took = list.span.end_time_unix_nano - list.span.start_time_unix_nano;
        let late = Duration::from_nanos(took).checked_sub(deadline).unwrap();
        latest = latest.max(late);
    }
    assert!(latest < Duration::from_millis(500), "{latest:?}");
    assert_eq!(metric(&env.service, ACTIVE, &[]).await, 0.0);
    assert_eq!(env.database().busy_connections().await, 0);
    // Those who read again learn why there is no more.
    for stream in streams {
        let end = stream.try_for_each(|_| future::ready(Ok(()))).await;
        assert_eq!(end.unwrap_err().code(), Code::DeadlineExceeded);
    }
    report(
        18,
        &format!(
            "{readers} lists with a deadline of 300 ms that nobody reads: spans DEADLINE_EXCEEDED at most {latest:.1?} late, 0 calls left active"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_who_have_stopped_hold_little_memory_and_no_connection() {
    let (readers, rows) = size((20, 20_000), (100, 1_000_000));
    let mut env = with_rows(rows, &[("DATABASE_MAX_CONNECTIONS", "2")]).await;
    let client = client(&env.service).await;
    // What any list makes the service hold for good does not count.
    drop(stalled(&client, None).await);
    get(client.clone(), 1).await.unwrap();
    let before = env.service.process().resident();
    let mut streams = Vec::new();
    for _ in 0..readers {
        streams.push(stalled(&client, None).await);
    }
    let database = env.database();
    eventually("no connection is held", LIMIT, async || {
        database.busy_connections().await == 0
    })
    .await;
    for user in 1..=100 {
        get(client.clone(), user).await.unwrap();
    }
    // For each reader, and for what the allocator keeps once.
    let most = 128 * u64::try_from(readers).unwrap() + size(1024, 0);
    let mut grown = 0;
    eventually(
        "what pages were read into is given back",
        LIMIT,
        async || {
            grown = env.service.process().resident().saturating_sub(before);
            grown <= most
        },
    )
    .await;
    drop(streams);
    report(
        20,
        &format!(
            "{readers} stalled readers of {rows} rows: {grown} KiB more memory, no connection held, 0 of 100 reads failed on a pool of 2"
        ),
    );
}
