//! What operators do to a PostgreSQL that is in use.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::Database;
use user_service::domain::{Conflict, Created, RepositoryError};
use user_service::repository::{self, OpenError};

use crate::behaviour::{create, new_user};
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
        create(
            &users,
            &format!("{}@example.com", uuid::Uuid::new_v4().simple()),
        )
        .await;

        let mut operator = PgConnection::connect(database.url()).await.unwrap();
        let change = match name {
            "text" => "ALTER TABLE users ALTER COLUMN name TYPE varchar(200)",
            _ => "ALTER TABLE users ALTER COLUMN name TYPE text",
        };
        operator.execute(change).await.unwrap();
    }
}

#[tokio::test]
async fn a_sequence_that_is_behind_is_named_and_no_outage() {
    let database = Database::create().await;
    let users = repository::open(&config(database.url())).await.unwrap();
    create(&users, "ada@example.com").await;
    create(&users, "grace@example.com").await;
    let mut operator = PgConnection::connect(database.url()).await.unwrap();
    let restart = "ALTER TABLE users ALTER id RESTART WITH 1";
    operator.execute(restart).await.unwrap();

    let refused = users
        .create(vec![new_user("barbara@example.com", "")])
        .await;

    let Err(RepositoryError::Internal(cause)) = refused else {
        panic!("{refused:?}");
    };
    assert!(cause.to_string().contains("users_id_seq"), "{cause}");
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
    let grant = "GRANT SELECT ON _sqlx_migrations TO pg_monitor";
    operator.execute(grant).await.unwrap();
    for missing in [
        "SELECT ON users",
        "INSERT ON users",
        "USAGE ON SEQUENCE users_id_seq",
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
