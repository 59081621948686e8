//! Several hosts, one of which is the primary.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use testkit::Postgres;
use testkit::sizes::report;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use user_service::domain::{Created, RepositoryError, User, UserRepository};
use user_service::repository::{self, OpenError};

use crate::behaviour::{create, new_user};
use crate::stores::config;

/// How long a failover may take after another host was made the primary.
const LIMIT: Duration = Duration::from_secs(10);

fn url(hosts: &[&Postgres], query: &str) -> String {
    let hosts: Vec<_> = hosts
        .iter()
        .map(|host| format!("127.0.0.1:{}", host.port()))
        .collect();
    format!("postgres://postgres@{}/postgres{query}", hosts.join(","))
}

/// Creates users, some at a time, until it is stopped.
struct Load {
    stop: watch::Sender<bool>,
    creating: Vec<AbortOnDropHandle<Outcome>>,
}

#[derive(Default)]
struct Outcome {
    acknowledged: Vec<User>,
    /// When calls failed, and how.
    failed: Vec<(Instant, RepositoryError)>,
}

impl Load {
    fn start(users: &Arc<dyn UserRepository>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let creating = (0..8).map(|number| {
            let (users, stopped) = (Arc::clone(users), stopped.clone());
            AbortOnDropHandle::new(tokio::spawn(async move {
                let mut outcome = Outcome::default();
                for user in 0.. {
                    if *stopped.borrow() {
                        break;
                    }
                    let user = new_user(&format!("{number}-{user}@example.com"), "");
                    match users.create(vec![user]).await.as_deref() {
                        Ok([Created::User(user)]) => outcome.acknowledged.push(user.clone()),
                        Ok(other) => panic!("{other:?}"),
                        Err(error) => {
                            outcome.failed.push((Instant::now(), error.clone()));
                            // As callers do.
                            tokio::time::sleep(Duration::from_millis(50)).await;
                        }
                    }
                }
                outcome
            }))
        });
        Self {
            creating: creating.collect(),
            stop,
        }
    }

    async fn stop(self) -> Outcome {
        self.stop.send_replace(true);
        let mut total = Outcome::default();
        for creating in self.creating {
            let outcome = creating.await.unwrap();
            total.acknowledged.extend(outcome.acknowledged);
            total.failed.extend(outcome.failed);
        }
        total
    }
}

/// Waits until a user can be created again.
async fn until_writable(users: &Arc<dyn UserRepository>) -> Duration {
    let started = Instant::now();
    for number in 0.. {
        let email = format!("writable-{number}@example.com");
        if users.create(vec![new_user(&email, "")]).await.is_ok() {
            break;
        }
        assert!(started.elapsed() < LIMIT);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    started.elapsed()
}

async fn assert_stored(host: &Postgres, acknowledged: &[User]) {
    let mut connection = PgConnection::connect(&host.url()).await.unwrap();
    let stored: Vec<i64> = sqlx::query_scalar("SELECT id FROM users")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let lost = acknowledged
        .iter()
        .filter(|it| !stored.contains(&it.id.get()));
    assert_eq!(lost.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn primary_is_found_again_after_it_died_and_a_standby_was_promoted() {
    for dies in [true, false] {
        let mut first = Postgres::start().await;
        let second = first.standby().await;
        let users = repository::open(&config(&url(&[&first, &second], ""))).await;
        let users = users.unwrap();
        let load = Load::start(&users);
        tokio::time::sleep(Duration::from_secs(1)).await;
        match dies {
            true => first.kill(),
            // A host that is gone without a word.
            false => first.pause(),
        }
        second.promote().await;
        let back = until_writable(&users).await;

        let since = Instant::now();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let outcome = load.stop().await;
        for (_, error) in &outcome.failed {
            let passing = matches!(
                error,
                RepositoryError::Unavailable(_) | RepositoryError::Exhausted
            );
            assert!(passing, "{error:?}");
        }
        // Those that were in flight to the previous one end when its time is over.
        let late = outcome.failed.iter().filter(|(time, _)| *time > since);
        let late = late.count();
        assert!(!dies || late == 0, "{late} failed after the failover");
        assert_stored(&second, &outcome.acknowledged).await;
        report(
            12,
            &format!(
                "a primary that {}: writable {back:.1?} after the promotion, {} of {} creates failed meanwhile, 0 acknowledged lost",
                if dies { "dies" } else { "falls silent" },
                outcome.failed.len(),
                outcome.failed.len() + outcome.acknowledged.len(),
            ),
        );
        first.resume();
        users.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn primary_that_becomes_read_only_is_left_for_the_one_that_is_promoted() {
    let first = Postgres::start().await;
    let second = first.standby().await;
    // The first in the list follows, and so is passed over.
    let hosts = url(&[&second, &first], "?target_session_attrs=primary");
    let users = repository::open(&config(&hosts)).await.unwrap();
    create(&users, "ada@example.com").await;
    second.promote().await;
    first
        .execute("ALTER SYSTEM SET default_transaction_read_only = on")
        .await;
    first.execute("SELECT pg_reload_conf()").await;

    until_writable(&users).await;

    create(&users, "grace@example.com").await;
    assert!(first.url() != second.url());
    let mut connection = PgConnection::connect(&second.url()).await.unwrap();
    let grace = sqlx::query("SELECT FROM users WHERE email = 'grace@example.com'");
    assert!(
        grace
            .fetch_optional(&mut connection)
            .await
            .unwrap()
            .is_some()
    );
    users.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_without_a_primary_are_an_error_that_names_them() {
    let first = Postgres::start().await;
    let second = first.standby().await;
    let only_standby = url(&[&second], "?target_session_attrs=read-write");
    for url in [only_standby, url(&[&second, &second], "")] {
        let refused = repository::open(&config(&url)).await.err().unwrap();
        assert!(matches!(refused, OpenError::Unreachable(_)), "{refused:?}");
        let sentence = refused.to_string();
        assert!(sentence.contains("read-only"), "{sentence}");
        assert!(sentence.contains(&second.port().to_string()), "{sentence}");
    }
}
