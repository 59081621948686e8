//! Where users are, by the variables of the process.

use std::env;
use std::fmt::Display;

use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Row};
use tonic::Status;
use user_proto::v1::User;

use crate::pipelined::Pipelined;

/// The default of user-service.
const MAX_CONNECTIONS: u32 = 10;

pub(crate) const GET: &str = "SELECT id, name, email, created_at FROM users WHERE id = $1";
pub(crate) const CREATE: &str = "INSERT INTO users (name, email) VALUES ($1, $2) RETURNING id";

pub(crate) enum Store {
    /// The same user for every id.
    Constant,
    /// PostgreSQL through sqlx: a connection of the pool for each statement.
    Pool(PgPool),
    /// PostgreSQL through tokio-postgres: many statements in flight in a connection.
    Pipelined(Pipelined),
}

impl Store {
    /// The store that `DATABASE_URL` and `STORE_DRIVER` name.
    pub(crate) async fn from_environment() -> Self {
        let Ok(url) = env::var("DATABASE_URL") else {
            return Self::Constant;
        };
        if env::var("STORE_DRIVER").as_deref() == Ok("tokio-postgres") {
            return Self::Pipelined(Pipelined::connect(&url).await);
        }
        let options = PgPoolOptions::new().max_connections(MAX_CONNECTIONS);
        Self::Pool(options.connect(&url).await.expect("the database"))
    }

    pub(crate) async fn get(&self, id: i64) -> Result<User, Status> {
        match self {
            Self::Constant => Ok(constant(id)),
            Self::Pool(pool) => get_through(pool, id).await.map_err(internal),
            Self::Pipelined(pipelined) => pipelined.get(id).await.map_err(internal),
        }
    }

    pub(crate) async fn create(&self, name: &str, email: &str) -> Result<i64, Status> {
        match self {
            Self::Constant => Err(Status::unimplemented("there is no database")),
            Self::Pool(pool) => sqlx::query_scalar(CREATE)
                .bind(name)
                .bind(email)
                .fetch_one(pool)
                .await
                .map_err(internal),
            Self::Pipelined(pipelined) => pipelined.create(name, email).await.map_err(internal),
        }
    }
}

async fn get_through(pool: &PgPool, id: i64) -> Result<User, sqlx::Error> {
    let row = sqlx::query(GET).bind(id).fetch_one(pool).await?;
    Ok(User {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        created_at: row.try_get("created_at")?,
        ..User::default()
    })
}

/// The user without a store, under any id.
pub(crate) fn constant(id: i64) -> User {
    User {
        id,
        name: "User 1".to_owned(),
        email: "user1@example.com".to_owned(),
        ..User::default()
    }
}

fn internal(error: impl Display) -> Status {
    Status::internal(error.to_string())
}
