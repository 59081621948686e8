//! PostgreSQL through tokio-postgres, whose connections take a statement before the
//! response to the previous one has arrived.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio_postgres::{Client, Error, NoTls, Statement};
use user_proto::v1::User;

use crate::store::{CREATE, GET};

/// With more, a read costs the database more than it gains.
const READERS: usize = 2;
/// Statements of one connection become durable one after the other; those of several
/// share a write to the disk.
const WRITERS: usize = 8;

pub(crate) struct Pipelined {
    readers: Connections,
    writers: Connections,
}

impl Pipelined {
    pub(crate) async fn connect(url: &str) -> Self {
        Self {
            readers: Connections::open(url, READERS, GET).await,
            writers: Connections::open(url, WRITERS, CREATE).await,
        }
    }

    pub(crate) async fn get(&self, id: i64) -> Result<User, Error> {
        let (client, statement) = self.readers.next();
        let row = client.query_one(statement, &[&id]).await?;
        Ok(User {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            email: row.try_get(2)?,
            created_at: row.try_get(3)?,
            ..User::default()
        })
    }

    pub(crate) async fn create(&self, name: &str, email: &str) -> Result<i64, Error> {
        let (client, statement) = self.writers.next();
        let row = client.query_one(statement, &[&name, &email]).await?;
        row.try_get(0)
    }
}

/// Connections that take turns, each with the same statement prepared.
struct Connections {
    open: Vec<(Client, Statement)>,
    turn: AtomicUsize,
}

impl Connections {
    async fn open(url: &str, count: usize, statement: &str) -> Self {
        let mut open = Vec::new();
        for _ in 0..count {
            let connected = tokio_postgres::connect(url, NoTls).await;
            let (client, connection) = connected.expect("the database");
            tokio::spawn(async { connection.await.expect("a database that stays") });
            let statement = client.prepare(statement).await;
            open.push((client, statement.expect("the table of users")));
        }
        let turn = AtomicUsize::new(0);
        Self { open, turn }
    }

    fn next(&self) -> &(Client, Statement) {
        &self.open[self.turn.fetch_add(1, Relaxed) % self.open.len()]
    }
}
