//! What was acknowledged stays, and nothing is made twice.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::RngExt;
use sqlx::{Connection, PgConnection};
use testkit::{Database, Postgres, Signal, UserService};
use tokio::task::JoinSet;
use user_proto::v1::CreateUserRequest;
use uuid::Uuid;

use crate::support::{client, proxied};
use testkit::sizes::{eventually, random, report, size};
use testkit::users::{new_user, plain_client};

const WRITERS: usize = 16;

/// How long statements of a dead service may go on.
const LIMIT: Duration = Duration::from_secs(10);

/// What writers have sent, each with the id that was acknowledged, if any was.
type Sent = Arc<Mutex<HashMap<String, (CreateUserRequest, Option<i64>)>>>;

/// Creates users one after the other until the service is gone.
async fn write(url: String, sent: Sent) {
    let mut client = plain_client(&url).await;
    loop {
        let user = new_user();
        let key = user.request_id.clone();
        sent.lock()
            .unwrap()
            .insert(key.clone(), (user.clone(), None));
        match client.create_user(user).await {
            Ok(response) => {
                let id = response.into_inner().user_id;
                sent.lock().unwrap().get_mut(&key).unwrap().1 = Some(id);
            }
            Err(_) => return,
        }
    }
}

/// How many rows there are for each request, and the id of the first.
pub(crate) async fn stored(url: &str) -> HashMap<String, Vec<i64>> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let rows: Vec<(i64, Uuid)> =
        sqlx::query_as("SELECT id, request_id FROM users WHERE request_id IS NOT NULL")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let mut stored = HashMap::<_, Vec<_>>::new();
    for (id, request_id) in rows {
        stored.entry(request_id.to_string()).or_default().push(id);
    }
    stored
}

/// Retries unacknowledged creates, and checks all. Returns how many were acknowledged.
async fn settle(service: &UserService, database: &str, sent: &Sent) -> usize {
    let sent: Vec<_> = sent.lock().unwrap().values().cloned().collect();
    let before = stored(database).await;
    let again = client(service.grpc_url(), Duration::from_secs(10));
    let mut acknowledged = 0;
    for (user, id) in &sent {
        let found = before.get(&user.request_id);
        match id {
            Some(id) => {
                acknowledged += 1;
                assert_eq!(found, Some(&vec![*id]), "an acknowledged user is lost");
            }
            None => {
                let id = again.create(user.clone()).await.unwrap();
                assert!(found.is_none_or(|found| found == &[id]));
            }
        }
    }
    let after = stored(database).await;
    assert!(
        after.values().all(|ids| ids.len() == 1),
        "a user was made twice"
    );
    let asked: HashSet<_> = sent.iter().map(|(user, _)| &user.request_id).collect();
    let made: HashSet<_> = after.keys().collect();
    assert_eq!(made, asked, "a user is missing, or nobody asked for one");
    acknowledged
}

/// Waits until the database has no connection any more: until then it may carry
/// out what it was sent by a service that is dead.
async fn until_quiet(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    eventually("the database is quiet", LIMIT, async || {
        let others: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND backend_type = 'client backend'",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        others == 0
    })
    .await;
}

/// Removes all users.
async fn clear(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let delete = sqlx::query("DELETE FROM users");
    delete.execute(&mut connection).await.unwrap();
}

fn start_writers(service: &UserService, sent: &Sent) -> JoinSet<()> {
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(write(service.grpc_url().to_owned(), Arc::clone(sent)));
    }
    writers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_service_loses_nothing_that_it_acknowledged() {
    let cycles = size(3, 1_000);
    let database = Database::create().await;
    let variables = [
        ("DATABASE_URL", database.url()),
        ("OTEL_SDK_DISABLED", "true"),
    ];
    let (mut random, mut acknowledged, mut unknown, mut late) = (random(), 0, 0, 0);
    let mut service = UserService::start(&variables).await;
    for _ in 0..cycles {
        let sent = Sent::default();
        let mut writers = start_writers(&service, &sent);
        tokio::time::sleep(Duration::from_millis(random.random_range(20..250))).await;
        service.process().signal(Signal::KILL);
        while writers.join_next().await.is_some() {}
        let at_death = stored(database.url()).await.len();
        until_quiet(database.url()).await;
        late += stored(database.url()).await.len() - at_death;
        service = UserService::start(&variables).await;
        let known = settle(&service, database.url(), &sent).await;
        unknown += sent.lock().unwrap().len() - known;
        acknowledged += known;
        clear(database.url()).await;
    }
    report(
        9,
        &format!(
            "{cycles} kills (-9) of the service at {WRITERS} writers: 0 of {acknowledged} acknowledged users lost, {unknown} unknown repeated, 0 doubled; {late} were made by the database after the death of the service"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_database_loses_nothing_that_was_acknowledged() {
    let cycles = size(1, 50);
    let mut postgres = Postgres::start().await;
    let url = postgres.url();
    let service =
        UserService::start(&[("DATABASE_URL", &url), ("OTEL_SDK_DISABLED", "true")]).await;
    let (mut random, mut acknowledged, mut unknown) = (random(), 0, 0);
    for _ in 0..cycles {
        let sent = Sent::default();
        let mut writers = start_writers(&service, &sent);
        tokio::time::sleep(Duration::from_millis(random.random_range(100..300))).await;
        postgres.kill();
        while writers.join_next().await.is_some() {}
        postgres.restart().await;
        // Retries of unacknowledged creates must succeed at once, by user-client's own retries.
        let known = settle(&service, &url, &sent).await;
        unknown += sent.lock().unwrap().len() - known;
        acknowledged += known;
        clear(&url).await;
    }
    report(
        9,
        &format!(
            "{cycles} kills (-9) of PostgreSQL: 0 of {acknowledged} acknowledged users lost, {unknown} unknown repeated, 0 doubled"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_reply_is_lost_is_made_once_with_one_answer() {
    let count = size(60, 5_000);
    let env = proxied(&[]).await;
    let mut plain = env.plain_client().await;
    let (mut random, mut unknown, mut requests) = (random(), 0, 0);
    let mut answers = HashMap::new();
    for _ in 0..count {
        let user = new_user();
        for _ in 0..random.random_range(1..=5) {
            // One of the replies of the database: of its greeting, of preparing, of the commit.
            env.database_proxy().lose_reply(random.random_range(1..=6));
            requests += 1;
            match plain.create_user(user.clone()).await {
                Ok(response) => {
                    let id = response.into_inner().user_id;
                    let first = *answers.entry(user.request_id.clone()).or_insert(id);
                    assert_eq!(first, id, "another answer for one request");
                }
                Err(status) => {
                    assert_eq!(status.code(), tonic::Code::Unavailable, "{status}");
                    unknown += 1;
                }
            }
        }
    }
    env.database_proxy().lose_reply(0);
    // The first fills the pool; each further one replaces a connection that was broken.
    let broken = env.database_proxy().accepted().saturating_sub(10);
    assert!(broken > count / 2, "only {broken} replies were lost");
    let stored = stored(env.database().url()).await;
    assert!(stored.values().all(|ids| ids.len() == 1));
    for (request, id) in &answers {
        assert_eq!(stored[request], [*id]);
    }
    report(
        10,
        &format!(
            "{requests} requests with {count} request ids, {broken} database replies lost: 0 doubled, one answer each, {unknown} UNAVAILABLE without any retry of the client"
        ),
    );
}
