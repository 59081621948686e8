//! What payloads may have done: to the stores, to the log and to telemetry.

use serde_json::Value;
use sqlx::{PgPool, Row};
use testkit::{Stream, UserService};
use user_proto::v1::User;

use super::payloads::{MARK, Payload, percent_encoded};

/// The stores of the service, seen from behind.
pub(crate) struct Stores {
    database: PgPool,
    cache: redis::aio::MultiplexedConnection,
}

impl Stores {
    pub(crate) async fn open(database: &str, cache: &str) -> Self {
        let client = redis::Client::open(cache).unwrap();
        Self {
            database: PgPool::connect(database).await.unwrap(),
            cache: client.get_multiplexed_async_connection().await.unwrap(),
        }
    }

    /// All tables with all their columns, indexes included.
    pub(crate) async fn schema(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT concat(c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod)) AS line
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relnamespace = 'public'::regnamespace ORDER BY line",
        )
        .fetch_all(&self.database)
        .await
        .unwrap()
    }

    /// There are these users, each exactly so, and no others.
    pub(crate) async fn assert_users(&self, expected: &[User]) {
        let rows = sqlx::query("SELECT id, name, email, phone FROM users ORDER BY id")
            .fetch_all(&self.database)
            .await
            .unwrap();
        let mut expected: Vec<_> = expected
            .iter()
            .map(|it| (it.id, it.name.clone(), it.email.clone(), it.phone.clone()))
            .collect();
        expected.sort_unstable();
        let found: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.get::<i64, _>(0),
                    row.get::<String, _>(1),
                    row.get::<String, _>(2),
                    row.get::<Option<String>, _>(3),
                )
            })
            .collect();
        assert_eq!(found, expected);
    }

    /// Every key is one of a user; returns how many there are.
    pub(crate) async fn assert_keys(mut self) -> usize {
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg("*")
            .query_async(&mut self.cache)
            .await
            .unwrap();
        for key in &keys {
            let id = key.strip_prefix("user:v1:");
            assert!(id.is_some_and(|id| id.parse::<i64>().is_ok()), "{key:?}");
        }
        keys.len()
    }
}

/// Every line of the log is one JSON object, and no text of a user is in any; returns
/// how many lines there are.
pub(crate) fn assert_log(service: &mut UserService) -> usize {
    let log = service.process().text(Stream::Stdout);
    for line in log.lines() {
        let record: Result<Value, _> = serde_json::from_str(line);
        assert!(record.is_ok_and(|it| it.is_object()), "{line}");
        assert!(!line.contains(MARK), "{line}");
        assert!(!line.contains("forged"), "{line}");
    }
    assert_eq!(service.process().text(Stream::Stderr), "");
    log.lines().count()
}

/// The paths that can be made of a payload: as it is, if that is one, and encoded.
pub(crate) fn paths(payload: &Payload) -> Vec<String> {
    let plain = format!("/user.v1.UserService/{}", payload.text);
    let encoded = format!("/user.v1.UserService/{}", percent_encoded(&payload.text));
    let traversal = format!(
        "/{}/../user.v1.UserService/GetUser",
        percent_encoded(&payload.text)
    );
    [plain, encoded, traversal]
        .into_iter()
        .filter(|path| path.parse::<http::uri::PathAndQuery>().is_ok())
        .collect()
}
