//! The stores under test.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use testkit::{Database, RedisDatabase, redis_database};
use user_service::cache::{MemoryCache, RedisCache, Ttl, UserCache};
use user_service::domain::UserRepository;
use user_service::repository::{self, CachedRepository};
use user_service::secret::Secret;

/// A store, and what has to live as long as it.
pub(crate) struct Store {
    pub(crate) users: Arc<dyn UserRepository>,
    _database: Option<Database>,
    _file: Option<TempDir>,
    _redis: Option<RedisDatabase>,
}

pub(crate) fn ttl() -> Ttl {
    Ttl::new(Duration::from_secs(60), || 0.5)
}

pub(crate) fn config(url: &str) -> repository::Config {
    repository::Config {
        url: Secret::new(url),
        migration_url: None,
        max_connections: 10,
        migrate: true,
        startup_timeout: std::time::Duration::ZERO,
    }
}

pub(crate) async fn postgres_bare() -> Store {
    let database = Database::create().await;
    Store {
        users: repository::open(&config(database.url())).await.unwrap(),
        _database: Some(database),
        _file: None,
        _redis: None,
    }
}

pub(crate) async fn sqlite_bare() -> Store {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("users.db").display());
    Store {
        users: repository::open(&config(&url)).await.unwrap(),
        _database: None,
        _file: Some(folder),
        _redis: None,
    }
}

pub(crate) async fn postgres_behind_memory() -> Store {
    behind(postgres_bare().await, Arc::new(MemoryCache::new(ttl())))
}

pub(crate) async fn sqlite_behind_memory() -> Store {
    behind(sqlite_bare().await, Arc::new(MemoryCache::new(ttl())))
}

pub(crate) async fn postgres_behind_redis() -> Store {
    behind_redis(postgres_bare().await).await
}

pub(crate) async fn sqlite_behind_redis() -> Store {
    behind_redis(sqlite_bare().await).await
}

async fn behind_redis(store: Store) -> Store {
    let redis = redis_database();
    let cache = RedisCache::open(&Secret::new(redis.url()), ttl())
        .await
        .unwrap();
    Store {
        _redis: Some(redis),
        ..behind(store, Arc::new(cache))
    }
}

fn behind(store: Store, cache: Arc<dyn UserCache>) -> Store {
    Store {
        users: Arc::new(CachedRepository::new(store.users, cache)),
        ..store
    }
}
