//! CreateUsers with more rows than a batch has: two batches are stored at a time, unless they
//! have rows that can't both be.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream;
use sqlx::{Connection, Executor, PgConnection};
use testkit::TestEnv;
use tokio::task::JoinHandle;
use tonic::Code;
use tonic_types::StatusExt;
use user_proto::v1::{CreateUsersRequest, CreateUsersResponse};
use uuid::Uuid;

/// How long something may take that has to happen.
const LIMIT: Duration = Duration::from_secs(30);
/// Four times as many as a batch has.
const ROWS: usize = 4_000;
/// A row of the second batch: the first has what has arrived, at least one row and at most 1,000.
const SECOND: usize = 1_000;
/// A row of the third batch.
const THIRD: usize = 2_000;
const ID: &str = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736";

/// The first batch has no more than 1,000 rows, and the second waits.
const THIRD_BATCH_IS_THERE: &str = "SELECT count(*) > 1000 FROM users";
const STATEMENT_WAITS: &str = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted";

fn rows() -> Vec<CreateUsersRequest> {
    (0..ROWS).map(row).collect()
}

fn row(index: usize) -> CreateUsersRequest {
    CreateUsersRequest {
        name: format!("User {index}"),
        email: format!("user{index}@example.com"),
        phone: None,
        request_id: String::new(),
    }
}

/// Begins to store a user with the address of a row of the second batch, which waits for it.
async fn begin(env: &TestEnv) -> PgConnection {
    let mut other = PgConnection::connect(env.database().url()).await.unwrap();
    let begin = "BEGIN; INSERT INTO users (name, email) VALUES ('Eve', 'user1000@example.com')";
    other.execute(begin).await.unwrap();
    other
}

async fn send(env: &TestEnv, rows: Vec<CreateUsersRequest>) -> JoinHandle<CreateUsersResponse> {
    let mut client = env.plain_client().await;
    tokio::spawn(async move {
        let response = client.create_users(stream::iter(rows)).await;
        response.unwrap().into_inner()
    })
}

/// Waits until the database agrees to `question`.
async fn wait_until(env: &TestEnv, question: &'static str) {
    let mut connection = PgConnection::connect(env.database().url()).await.unwrap();
    let agrees = async {
        while !sqlx::query_scalar::<_, bool>(question)
            .fetch_one(&mut connection)
            .await
            .unwrap()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let agreed = tokio::time::timeout(LIMIT, agrees).await;
    assert!(agreed.is_ok(), "{question}");
}

/// The users that are stored, by the index of their row.
async fn stored(connection: &mut PgConnection) -> BTreeMap<usize, i64> {
    let users = sqlx::query_as::<_, (i64, String)>("SELECT id, name FROM users");
    let users = users.fetch_all(connection).await.unwrap();
    let index = |name: String| name.strip_prefix("User ").unwrap().parse().unwrap();
    let users = users.into_iter();
    users.map(|(id, name)| (index(name), id)).collect()
}

/// The users that were created, by the index of their row, if all were.
fn by_index(response: CreateUsersResponse) -> BTreeMap<usize, i64> {
    assert_eq!(
        (response.user_ids.len(), response.failures.len()),
        (ROWS, 0)
    );
    response.user_ids.into_iter().enumerate().collect()
}

#[tokio::test]
async fn a_full_batch_is_stored_while_the_one_before_waits() {
    let env = TestEnv::start().await;
    let mut other = begin(&env).await;

    let call = send(&env, rows()).await;
    wait_until(&env, THIRD_BATCH_IS_THERE).await;
    other.execute("ROLLBACK").await.unwrap();
    let response = call.await.unwrap();

    assert_eq!(stored(&mut other).await, by_index(response));
    env.finish().await;
}

#[tokio::test]
async fn of_rows_that_cannot_both_be_the_first_one_is_created() {
    let env = TestEnv::start().await;
    let mut rows = rows();
    rows[SECOND].request_id = ID.to_owned();
    rows[THIRD].request_id = ID.to_owned();
    let mut other = begin(&env).await;

    let call = send(&env, rows).await;
    wait_until(&env, STATEMENT_WAITS).await;
    // As much as the third batch would do if it did not wait for the second.
    let others = (ROWS..ROWS + 1_000).map(row).collect();
    let others = send(&env, others).await.await.unwrap();
    other.execute("ROLLBACK").await.unwrap();
    let response = call.await.unwrap();

    assert_eq!(others.created_count, 1_000);
    let failures: Vec<_> = response
        .failures
        .into_iter()
        .map(|failure| (failure.index, Code::from(failure.status.unwrap().code)))
        .collect();
    assert_eq!(failures, [(THIRD as i64, Code::AlreadyExists)]);
    assert_eq!(response.created_count as usize, ROWS - 1);
    env.finish().await;
}

#[tokio::test]
async fn when_a_batch_fails_rows_after_it_may_be_stored_and_a_repeat_creates_none_twice() {
    let env = TestEnv::start().await;
    let mut rows = rows();
    for row in &mut rows {
        row.request_id = Uuid::new_v4().to_string();
    }
    // Until the batch with the same address has waited for too long.
    let mut other = begin(&env).await;
    let mut client = env.plain_client().await;
    let failed = client.create_users(stream::iter(rows.clone())).await;
    other.execute("ROLLBACK").await.unwrap();

    let failed = failed.unwrap_err();
    let reason = failed.get_details_error_info().unwrap().reason;
    assert_eq!(reason, "DATABASE_UNAVAILABLE");
    let before = stored(&mut other).await;
    let (first, after): (Vec<usize>, Vec<usize>) = before.keys().partition(|it| **it < SECOND);
    assert!(!first.is_empty() && first.iter().copied().eq(0..first.len()));
    // Of the failed batch none, and of those after it no more than one batch.
    let next = after.first().map_or(SECOND + 1, |index| *index);
    assert!(next > SECOND && after.len() <= 1_000);
    assert!(after.iter().copied().eq(next..next + after.len()));

    let repeated = client.create_users(stream::iter(rows)).await.unwrap();
    let ids = by_index(repeated.into_inner());
    assert_eq!(stored(&mut other).await, ids);
    assert!(before.iter().all(|(index, id)| ids[index] == *id));
    env.finish().await;
}
