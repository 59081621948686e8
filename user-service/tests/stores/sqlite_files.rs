//! Files of SQLite that can't be written, and databases that are no file.

use tempfile::TempDir;
use user_service::domain::RepositoryError;
use user_service::repository::{self, OpenError};

use crate::behaviour::new_user;
use crate::stores::config;

#[tokio::test]
async fn a_file_that_is_read_only_is_unavailable_for_creates() {
    let folder = TempDir::new().unwrap();
    let file = format!("sqlite://{}", folder.path().join("users.db").display());
    repository::migrate(&config(&file)).await.unwrap();
    let reading = repository::Config {
        migrate: false,
        ..config(&format!("{file}?mode=ro"))
    };
    let users = repository::open(&reading).await.unwrap();

    let refused = users.create(vec![new_user("ada@example.com", "")]).await;

    assert!(users.page(0, 1).await.unwrap().is_empty());
    assert!(
        matches!(refused, Err(RepositoryError::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_database_in_memory_is_refused() {
    for url in [
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite://",
        "sqlite://users?mode=memory",
        "sqlite://users?cache=shared&mode=memory",
    ] {
        let refused = repository::open(&config(url)).await.err();
        assert!(
            matches!(refused, Some(OpenError::InMemory)),
            "{url}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn file_that_cannot_be_opened_is_refused_with_what_to_check() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("missing/users.db");
    let url = format!("sqlite://{}", file.display());

    let refused = repository::open(&config(&url)).await.err().unwrap();

    let expected = format!(
        "cannot open the database {}: unable to open database file (code 14); check that its \
         folder exists, and that this user may write there, or correct DATABASE_URL",
        file.display()
    );
    assert_eq!(refused.to_string(), expected);
}
