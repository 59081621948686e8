//! Metrics as a program sees them that has nothing but this crate.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::future::{pending, ready};
use std::time::Duration;

use grpc_telemetry::store::{Failure, Operation, Store, observe};

const INSERT: Operation = Operation {
    summary: "INSERT users",
    name: "INSERT",
    collection: Some("users"),
    text: None,
    batch_size: None,
};

fn store() -> Store {
    Store {
        system: "sqlite",
        namespace: "test.db".into(),
        address: None,
        port: None,
    }
}

fn failure(error: &&'static str) -> Failure {
    Failure {
        error_type: (*error).into(),
        status_code: None,
    }
}

#[tokio::test]
async fn a_statement_counts_whether_it_works_fails_or_is_given_up() {
    let telemetry = grpc_telemetry::builder("test", "0")
        .without_export_retries()
        .with_log_filter("off")
        .install()
        .unwrap();
    let store = store();

    for _ in 0..2 {
        observe(&store, INSERT, ready(Ok::<_, &str>(())), failure)
            .await
            .unwrap();
    }
    observe(&store, INSERT, ready(Err::<(), _>("23505")), failure)
        .await
        .unwrap_err();
    let never = observe(&store, INSERT, pending::<Result<(), &str>>(), failure);
    let given_up = tokio::time::timeout(Duration::from_millis(1), never).await;
    given_up.unwrap_err();

    let text = telemetry.scrape().unwrap().text(None).body;
    let counts: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("db_client_operation_duration_seconds_count"))
        .collect();
    let of = |error_type: &str| {
        counts
            .iter()
            .filter(|line| line.contains(error_type))
            .count()
    };
    assert_eq!(counts.len(), 3, "{counts:?}");
    let successes = counts.iter().find(|line| !line.contains("error_type"));
    assert!(
        successes.is_some_and(|line| line.ends_with("} 2")),
        "{counts:?}"
    );
    let mut failures = counts.iter().filter(|line| line.contains("error_type"));
    assert!(failures.all(|line| line.ends_with("} 1")), "{counts:?}");
    assert_eq!(of("error_type=\"23505\""), 1, "{counts:?}");
    assert_eq!(of("error_type=\"cancelled\""), 1, "{counts:?}");
    assert_eq!(of("error_type"), 2, "{counts:?}");
    telemetry.shutdown().await;
}
