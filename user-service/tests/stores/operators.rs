//! What operators do to a PostgreSQL that is in use.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::{Database, Postgres};
use user_service::domain::{Conflict, Created, RepositoryError};
use user_service::repository::{self, OpenError};

use crate::batches::numbered;
use crate::behaviour::{REQUEST, Users, create, new_user};
use crate::stores::config;

#[tokio::test]
async fn a_column_that_changes_its_type_fails_no_call() {
    let database = Database::create().await;
    let users = repository::open(&config(database.url())).await.unwrap();
    let ada = create(&users, "ada@example.com").await;
    for name in ["text", "varchar(200)", "text"] {
        // Each statement is prepared on the one connection.
        assert!(users.get(ada.id).await.unwrap().is_some(), "{name}");
        assert_eq!(users.get_many(&[ada.id, ada.id]).await.unwrap().len(), 1);
        assert!(!users.page(0, 10).await.unwrap().is_empty());
        let taken = users.create(vec![new_user("Ada@example.com", "")]).await;
        assert_eq!(taken.unwrap(), [Created::Conflict(Conflict::Email)]);
        create(&users, &unique_email()).await;
        // A list with a conflict, and one without.
        for (email, count) in [("Ada@example.com", 1), (&unique_email(), 2)] {
            let list = [email, &unique_email()].map(|email| new_user(email, ""));
            let list = numbered(&users, list.to_vec()).await;
            let created = users.create(list).await.unwrap();
            let made = created.iter().filter(|it| matches!(it, Created::User(_)));
            assert_eq!(made.count(), count, "{name}");
        }

        let mut operator = PgConnection::connect(database.url()).await.unwrap();
        let change = match name {
            "text" => "ALTER TABLE users ALTER COLUMN name TYPE varchar(200)",
            _ => "ALTER TABLE users ALTER COLUMN name TYPE text",
        };
        operator.execute(change).await.unwrap();
    }
}

fn unique_email() -> String {
    format!("{}@example.com", uuid::Uuid::new_v4().simple())
}

#[tokio::test]
async fn no_conflict_is_in_the_log_of_the_database() {
    let postgres = Postgres::start().await;
    let users = repository::open(&config(&postgres.url())).await.unwrap();
    let ada = vec![new_user("ada@example.com", REQUEST)];
    let others = ["Ada@example.com", "eve@example.com"].map(|email| new_user(email, ""));
    let others = numbered(&users, others.to_vec()).await;

    for batch in [ada.clone(), ada, others] {
        users.create(batch).await.unwrap();
    }

    // Such as an error of the database, which has the values in its detail.
    let refused = "INSERT INTO users (name, email) VALUES ('Eve', 'ADA@example.com')";
    let mut operator = PgConnection::connect(&postgres.url()).await.unwrap();
    operator.execute(refused).await.unwrap_err();
    let log = postgres.log();
    assert_eq!(log.matches("already exists").count(), 1, "{log}");
}

/// Five users, and a sequence that begins with the id of the first.
async fn with_a_sequence_that_is_behind() -> (Database, Users) {
    let database = Database::create().await;
    let users = repository::open(&config(database.url())).await.unwrap();
    for number in 0..5 {
        create(&users, &format!("before{number}@example.com")).await;
    }
    let mut operator = PgConnection::connect(database.url()).await.unwrap();
    let restart = "ALTER TABLE users ALTER id RESTART WITH 1";
    operator.execute(restart).await.unwrap();
    (database, users)
}

#[tokio::test]
async fn a_sequence_that_is_behind_is_set_right_and_every_user_is_created() {
    let (_database, users) = with_a_sequence_that_is_behind().await;

    // The id of the second is free in the end, and those of others that come at once.
    let list = (0..7).map(|number| new_user(&format!("list{number}@example.com"), ""));
    let (listed, one, other) = tokio::join!(
        users.create(list.collect()),
        users.create(vec![new_user("one@example.com", "")]),
        users.create(vec![new_user("other@example.com", "")]),
    );

    let created = [listed.unwrap(), one.unwrap(), other.unwrap()].concat();
    assert_eq!(created.len(), 9);
    for outcome in created {
        assert!(matches!(outcome, Created::User(_)), "{outcome:?}");
    }
    assert_eq!(users.page(0, 100).await.unwrap().len(), 14);
    create(&users, "after@example.com").await;
}

#[tokio::test]
async fn drawn_ids_that_are_taken_are_replaced() {
    let (_database, users) = with_a_sequence_that_is_behind().await;
    let list = (0..7).map(|number| new_user(&format!("list{number}@example.com"), ""));
    let list = numbered(&users, list.collect()).await;

    let created = users.create(list.clone()).await.unwrap();

    for (user, outcome) in list.iter().zip(created) {
        let Created::User(created) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(user.describes(&created));
    }
    assert_eq!(users.page(0, 100).await.unwrap().len(), 12);
}

#[tokio::test]
async fn a_sequence_that_may_not_be_set_is_named_and_no_outage() {
    let database = Database::create().await;
    let owner = repository::open(&config(database.url())).await.unwrap();
    create(&owner, "ada@example.com").await;
    create(&owner, "grace@example.com").await;
    let mut operator = PgConnection::connect(database.url()).await.unwrap();
    for statement in [
        "ALTER TABLE users ALTER id RESTART WITH 1",
        "GRANT SELECT ON _sqlx_migrations TO pg_monitor",
        "GRANT SELECT, INSERT ON users TO pg_monitor",
        "GRANT USAGE ON SEQUENCE users_id_seq TO pg_monitor",
    ] {
        operator.execute(statement).await.unwrap();
    }
    let url = format!("{}?options[role]=pg_monitor", database.url());
    let config = repository::Config {
        migrate: false,
        ..config(&url)
    };
    let users = repository::open(&config).await.unwrap();

    let refused = users
        .create(vec![new_user("barbara@example.com", "")])
        .await;

    let Err(RepositoryError::Internal(cause)) = refused else {
        panic!("{refused:?}");
    };
    assert!(cause.to_string().contains("users_id_seq"), "{cause}");
}

/// What a trigger does in the service's own session: 26000 comes of the first, 42P05 of the other.
const DISTURBANCES: [&str; 2] = [
    "EXECUTE 'DEALLOCATE ALL';",
    "EXECUTE (SELECT format('PREPARE sqlx_s_%s AS SELECT 1', max(substr(name, 8)::int) + 1) \
     FROM pg_prepared_statements WHERE name LIKE 'sqlx_s_%');",
];

#[tokio::test]
async fn prepared_statements_that_are_gone_or_anothers_fail_no_call() {
    for disturbance in DISTURBANCES {
        let database = Database::create().await;
        let users = repository::open(&config(database.url())).await.unwrap();
        let mut operator = PgConnection::connect(database.url()).await.unwrap();
        let function = format!(
            "CREATE FUNCTION disturb() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN {disturbance} RETURN NULL; END $$"
        );
        operator.execute(AssertSqlSafe(function)).await.unwrap();
        let ada = create(&users, "ada@example.com").await;
        // Prepared, and lost with the next create.
        assert!(users.get(ada.id).await.unwrap().is_some());
        let trigger = "CREATE TRIGGER disturb AFTER INSERT ON users \
                       FOR EACH STATEMENT EXECUTE FUNCTION disturb()";
        operator.execute(trigger).await.unwrap();
        create(&users, "grace@example.com").await;
        operator
            .execute("DROP TRIGGER disturb ON users")
            .await
            .unwrap();

        // The first was prepared before, the second is to be.
        let found = users.get(ada.id).await;
        assert!(found.unwrap().is_some(), "{disturbance}");
        let page = users.page(0, 10).await;
        assert_eq!(page.unwrap().len(), 2, "{disturbance}");
    }
}

#[tokio::test]
async fn database_that_cannot_keep_all_characters_is_refused() {
    let database = Database::create().await;
    let mut operator = PgConnection::connect(database.url()).await.unwrap();
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let create = format!(
            "CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        );
        operator.execute(AssertSqlSafe(create)).await.unwrap();
        let (server, _) = database.url().rsplit_once('/').unwrap();

        let refused = repository::open(&config(&format!("{server}/{name}")))
            .await
            .err();

        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        operator.execute(AssertSqlSafe(drop)).await.unwrap();
        let refused = refused.unwrap();
        assert!(matches!(refused, OpenError::Encoding(_)), "{refused:?}");
        assert!(refused.to_string().contains(encoding), "{refused}");
    }
}

#[tokio::test]
async fn a_user_of_the_database_with_few_rights_is_told_which_one_is_missing() {
    let database = Database::create().await;
    repository::migrate(&config(database.url())).await.unwrap();
    let mut operator = PgConnection::connect(database.url()).await.unwrap();
    // A role that each PostgreSQL has, with rights in this database alone.
    let url = format!("{}?options[role]=pg_monitor", database.url());
    let refusing = repository::Config {
        migrate: false,
        ..config(&url)
    };

    let refused = repository::open(&refusing).await.err().unwrap();

    assert!(matches!(refused, OpenError::History(_)), "{refused:?}");
    assert!(refused.to_string().contains("_sqlx_migrations"));
    for statement in [
        "GRANT SELECT ON _sqlx_migrations TO pg_monitor",
        "REVOKE EXECUTE ON FUNCTION insert_users FROM PUBLIC",
    ] {
        operator.execute(statement).await.unwrap();
    }
    for missing in [
        "SELECT ON users",
        "INSERT ON users",
        "USAGE ON SEQUENCE users_id_seq",
        "EXECUTE ON FUNCTION insert_users",
    ] {
        let refused = repository::open(&refusing).await.err().unwrap();
        assert!(refused.to_string().contains(missing), "{refused}");
        let grant = format!("GRANT {missing} TO pg_monitor");
        operator.execute(AssertSqlSafe(grant)).await.unwrap();
    }
    for config in [refusing, config(&url)] {
        let users = repository::open(&config).await.unwrap();
        let email = format!("{}@example.com", config.migrate);
        create(&users, &email).await;
    }
}

#[tokio::test]
async fn schema_that_cannot_be_migrated_or_is_incomplete_is_refused_with_what_helps() {
    let table = [
        (
            "CREATE TABLE users (id bigint)",
            "migration 1: relation \"users\" already exists (code 42P07); no migration in",
        ),
        (
            "DROP FUNCTION insert_users",
            "does not exist (code 42883); a migration in _sqlx_migrations made it: restore",
        ),
        (
            "DROP TABLE users CASCADE",
            "relation \"users\" does not exist (code 42P01); a migration in _sqlx_migrations made it",
        ),
    ];
    for (disturbance, expected) in table {
        let database = Database::create().await;
        if disturbance.starts_with("DROP") {
            repository::migrate(&config(database.url())).await.unwrap();
        }
        let mut operator = PgConnection::connect(database.url()).await.unwrap();
        operator.execute(disturbance).await.unwrap();

        let refused = repository::open(&config(database.url())).await.err();

        let refused = refused.unwrap().to_string();
        assert!(refused.contains(expected), "{disturbance}: {refused}");
        assert!(!refused.contains(" at line "), "{refused}");
    }
}

#[tokio::test]
async fn user_of_the_database_who_may_not_create_tables_is_told_so() {
    let database = Database::create().await;
    let mut operator = PgConnection::connect(database.url()).await.unwrap();
    // As in a new PostgreSQL 15, also in those before.
    let revoke = "REVOKE CREATE ON SCHEMA public FROM PUBLIC";
    operator.execute(revoke).await.unwrap();
    let url = format!("{}?options[role]=pg_monitor", database.url());

    let refused = repository::open(&config(&url)).await.err().unwrap();

    let expected = "the database could not be migrated: permission denied for schema public \
        (code 42501); let this user create tables (GRANT CREATE ON SCHEMA), or name one that may \
        in DATABASE_MIGRATION_URL";
    assert_eq!(refused.to_string(), expected);
}
