//! A PostgreSQL behind a connection pooler.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures_util::{TryStreamExt, stream};
use sqlx::{Connection, PgConnection};
use testkit::{Database, PgBouncer, TableLock, Version};
use user_service::domain::RepositoryError;
use user_service::repository::{self, Config, OpenError};
use user_service::secret::Secret;

use crate::behaviour::{create, new_user};
use crate::stores::config;

const ANY: Version = Version(0, 0);
/// More calls than the pooler has sessions, and fewer than the service has connections: none waits
/// for a connection, however slow the machine is.
const AT_ONCE: usize = 5;
const TRANSACTION: (&str, &str) = ("pool_mode", "transaction");

/// A migrated database, whose own settings limit statements if that is asked for.
async fn database(limited: bool) -> Database {
    let database = Database::create().await;
    repository::migrate(&config(database.url())).await.unwrap();
    if limited {
        limit(&database).await;
    }
    database
}

/// As `ALTER ROLE` does for a role of one's own.
async fn limit(database: &Database) {
    let mut operator = PgConnection::connect(database.url()).await.unwrap();
    sqlx::query("DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 2000', current_database()); END$$")
        .execute(&mut operator)
        .await
        .unwrap();
}

/// The poolers that keep prepared statements apart.
fn right_ones() -> Vec<PathBuf> {
    let found = PgBouncer::installed(PgBouncer::KEEPS_STATEMENTS_APART);
    found.into_iter().map(|(program, _)| program).collect()
}

async fn refused(config: &Config) -> OpenError {
    repository::open(config).await.err().unwrap()
}

#[tokio::test]
async fn pooler_that_mixes_up_prepared_statements_is_refused() {
    let database = database(true).await;
    for (program, version) in PgBouncer::installed(ANY) {
        // That newer ones keep statements apart is a setting of theirs.
        let off = match version >= PgBouncer::KEEPS_STATEMENTS_APART {
            true => &[("max_prepared_statements", "0")][..],
            false => &[],
        };
        for settings in [
            &[TRANSACTION][..],
            &[
                TRANSACTION,
                ("ignore_startup_parameters", "options, lock_timeout"),
            ],
            &[TRANSACTION, ("default_pool_size", "1")],
            &[TRANSACTION, ("server_round_robin", "1")],
            &[("pool_mode", "statement")],
        ] {
            let settings = [settings, off].concat();
            let pooler = PgBouncer::start(&program, database.url(), &settings).await;
            let refused = refused(&config(pooler.url())).await;
            assert!(
                matches!(refused, OpenError::Pooler(_)),
                "{version} {settings:?}: {refused:?}"
            );
            let sentence = refused.to_string();
            for words in ["PgBouncer 1.21", "max_prepared_statements", "DATABASE_URL"] {
                assert!(sentence.contains(words), "{sentence}");
            }
        }
    }
}

#[tokio::test]
async fn pooler_without_the_limits_of_statements_is_refused_until_the_database_has_them() {
    let database = database(false).await;
    for (program, ignored) in right_ones().into_iter().flat_map(|program| {
        let ignored = ["extra_float_digits", "statement_timeout, lock_timeout"];
        ignored.map(move |ignored| (program.clone(), ignored))
    }) {
        let settings = [TRANSACTION, ("ignore_startup_parameters", ignored)];
        let pooler = PgBouncer::start(&program, database.url(), &settings).await;
        let refused = refused(&config(pooler.url())).await;
        assert!(matches!(refused, OpenError::Unlimited), "{refused:?}");
        assert!(refused.to_string().contains("ALTER ROLE"), "{refused}");
    }
    limit(&database).await;
    for program in right_ones() {
        let pooler = PgBouncer::start(&program, database.url(), &[TRANSACTION]).await;
        repository::open(&config(pooler.url())).await.unwrap();
    }
}

#[tokio::test]
async fn each_call_gets_its_own_answer_through_a_pooler_that_shares_sessions() {
    let programs = right_ones().into_iter();
    for (program, statements) in programs.flat_map(|it| [(it.clone(), "200"), (it, "1")]) {
        let database = database(true).await;
        let settings = [TRANSACTION, ("max_prepared_statements", statements)];
        let pooler = PgBouncer::start(&program, database.url(), &settings).await;
        let users = repository::open(&config(pooler.url())).await.unwrap();
        let call = async |number: u32| {
            let email = format!("{number}-{statements}@example.com");
            let ada = create(&users, &email).await;
            assert_eq!(users.get(ada.id).await?.unwrap().email, ada.email);
            let many = users.get_many(&[ada.id]).await?;
            assert_eq!(many, std::slice::from_ref(&ada));
            let page = users.page(ada.id.get() - 1, 1).await?;
            assert_eq!(page, [ada]);
            let again = users.create(vec![new_user(&email, "")]).await?;
            assert!(format!("{again:?}").contains("Conflict"), "{again:?}");
            Ok::<_, RepositoryError>(())
        };
        let numbers = stream::iter((0..200).map(Ok));
        let calls = numbers.try_for_each_concurrent(AT_ONCE, call);
        calls.await.unwrap();
        users.close().await;
    }
}

#[tokio::test]
async fn migrations_go_by_a_direct_url_where_a_pooler_shares_sessions() {
    let database = Database::create().await;
    limit(&database).await;
    let Some(program) = right_ones().pop() else {
        return;
    };
    let pooler = PgBouncer::start(&program, database.url(), &[TRANSACTION]).await;
    let pooled = config(pooler.url());
    let refused = refused(&pooled).await;
    assert!(
        matches!(refused, OpenError::MigrationsByPooler(3)),
        "{refused:?}"
    );
    let refused = repository::migrate(&pooled).await.err().unwrap();
    assert!(
        refused.to_string().contains("DATABASE_MIGRATION_URL"),
        "{refused}"
    );

    let directly = Config {
        migration_url: Some(Secret::new(database.url())),
        ..pooled.clone()
    };
    let users = repository::open(&directly).await.unwrap();

    create(&users, "ada@example.com").await;
    assert_eq!(repository::migrate(&directly).await.unwrap(), 0);
    repository::open(&pooled).await.unwrap();
}

#[tokio::test]
async fn a_pooler_with_a_session_for_each_connection_is_no_hindrance() {
    let programs = PgBouncer::installed(ANY).into_iter();
    let settings = [
        &[("pool_mode", "session"), ("default_pool_size", "20")][..],
        &[
            ("pool_mode", "session"),
            ("default_pool_size", "20"),
            (
                "ignore_startup_parameters",
                "options, lock_timeout, statement_timeout",
            ),
        ],
    ];
    for (program, settings) in programs.flat_map(|it| settings.map(|of| (it.0.clone(), of))) {
        let database = Database::create().await;
        let pooler = PgBouncer::start(&program, database.url(), settings).await;
        let users = repository::open(&config(pooler.url())).await.unwrap();
        let ada = create(&users, "ada@example.com").await;
        assert!(users.get(ada.id).await.unwrap().is_some());

        // The limits hold, as each connection sets them.
        let _lock = TableLock::on_users(&database).await;
        let started = Instant::now();
        let late = users.get(ada.id).await;
        assert!(
            matches!(late, Err(RepositoryError::Unavailable(_))),
            "{late:?}"
        );
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "the lock's limit, not ours"
        );
        // A pooler that stops waits for its clients.
        users.close().await;
    }
}
