//! Migrations by many processes at once, and the refusal to start without them.

use std::process::Stdio;

use futures_util::future::join_all;
use tempfile::TempDir;
use testkit::Database;
use testkit::sizes::{report, size};
use tokio::process::Command;
use user_service::repository::{self, OpenError};

use crate::stores::config;

const PROCESSES: usize = 8;

/// Starts `user-service migrate` eight times at once; all must succeed.
async fn migrate_at_once(url: &str) {
    let run = |_| {
        Command::new(env!("CARGO_BIN_EXE_user-service"))
            .arg("migrate")
            .env("DATABASE_URL", url)
            .env("OTEL_SDK_DISABLED", "true")
            .stdin(Stdio::null())
            .output()
    };
    for outcome in join_all((0..PROCESSES).map(run)).await {
        let output = outcome.unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[tokio::test]
async fn eight_processes_migrate_one_postgres_at_once() {
    let rounds = size(1, 50);
    for _ in 0..rounds {
        let database = Database::create().await;

        migrate_at_once(database.url()).await;

        let left = repository::migrate(&config(database.url())).await;
        assert_eq!(left.unwrap(), 0);
    }
    tell("PostgreSQL", rounds);
}

#[tokio::test]
async fn eight_processes_migrate_one_sqlite_file_at_once() {
    let rounds = size(5, 50);
    for _ in 0..rounds {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("users.db").display());

        migrate_at_once(&url).await;

        assert_eq!(repository::migrate(&config(&url)).await.unwrap(), 0);
    }
    tell("SQLite", rounds);
}

fn tell(database: &str, rounds: usize) {
    let figure = format!(
        "{PROCESSES} processes migrated one {database} at once {rounds} times: 0 failed, nothing left to apply"
    );
    report(13, &figure);
}

#[tokio::test]
async fn a_store_that_lacks_migrations_is_not_opened_when_none_may_be_applied() {
    let database = Database::create().await;
    let folder = TempDir::new().unwrap();
    let file = format!("sqlite://{}", folder.path().join("users.db").display());
    for url in [database.url(), &file] {
        let refusing = repository::Config {
            migrate: false,
            ..config(url)
        };

        let refused = repository::open(&refusing).await.err();
        assert!(
            matches!(refused, Some(OpenError::Pending(3))),
            "{refused:?}"
        );

        repository::migrate(&config(url)).await.unwrap();
        assert!(repository::open(&refusing).await.is_ok());
    }
}
