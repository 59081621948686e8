//! A cache in Redis, shared by all replicas.

mod cluster;
mod command;
mod connection;
mod link;
mod refusals;
mod sentinels;
mod source;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::{Cmd, Pipeline};
use tokio::time::timeout;

use self::command::{DEL, GET, MGET, PIPELINE_SET, SET, batch};
use self::link::{COMMAND_LIMIT, Link};
use super::{Cached, Ttl, UserCache, entry};
use crate::batcher::{BatchLimits, Batcher};
use crate::domain::{RepositoryError, User, UserId};
use crate::metrics::CacheResults;
use crate::secret::Secret;

/// Why the cache could not be set up. Not because Redis does not respond.
#[derive(Debug, thiserror::Error)]
#[error(
    "REDIS_URL must be redis://host:port/index, rediss://…, redis+sentinel://… or redis+cluster://…: {0}"
)]
pub struct OpenError(String);

/// Commands of each thread that are in flight at a time. What comes meanwhile goes
/// with the next one: alone when there is little to do, and never later for it.
const LIMITS: BatchLimits = BatchLimits {
    queue: 4_096,
    batch: 256,
    in_flight: 2,
};

/// Users in Redis, under `user:v1:{id}`; `v1` is the format of the entries. Calls that wait at the same time share a command.
pub struct RedisCache {
    link: Arc<Link>,
    reads: Batcher<UserId, Option<Vec<u8>>>,
    writes: Batcher<User, ()>,
    ttl: Ttl,
    results: CacheResults,
}

impl RedisCache {
    /// Sets up the cache and gives Redis a moment to respond; if it does not, the
    /// cache is passed over until it does.
    ///
    /// # Errors
    /// When the URL is not one of Redis.
    pub async fn open(url: &Secret, ttl: Ttl) -> Result<Self, OpenError> {
        let link = Link::open(url).await;
        let link = Arc::new(link.map_err(OpenError)?);
        let (reader, writer) = (Arc::clone(&link), Arc::clone(&link));
        let store = link.store();
        Ok(Self {
            reads: Batcher::new(LIMITS, store.clone(), GET, move |ids| {
                let link = Arc::clone(&reader);
                Box::pin(async move { values(&link, &ids).await })
            }),
            writes: Batcher::new(LIMITS, store.clone(), SET, move |users: Vec<User>| {
                let link = Arc::clone(&writer);
                Box::pin(async move {
                    let done = vec![(); users.len()];
                    set_users(&link, users, ttl).await;
                    Ok(done)
                })
            }),
            link,
            ttl,
            results: CacheResults::new(),
        })
    }

    /// The stored values of `ids`; `None` without a response.
    async fn values(&self, ids: &[UserId]) -> Option<Vec<Option<Vec<u8>>>> {
        let [id] = ids else {
            return values(&self.link, ids).await.ok();
        };
        let read = timeout(COMMAND_LIMIT, self.reads.call(*id));
        Some(vec![read.await.ok()?.ok()?])
    }

    async fn remove(&self, ids: &[UserId]) {
        tracing::warn!(
            entries = ids.len(),
            "entries in Redis are not valid and are removed"
        );
        self.link.command::<i64>(DEL, &with_keys("DEL", ids)).await;
    }
}

#[async_trait]
impl UserCache for RedisCache {
    async fn get(&self, ids: &[UserId]) -> Vec<Option<Cached>> {
        let asked = !self.link.is_passed_over();
        let Some(values) = self.values(ids).await else {
            let result = if asked {
                &self.results.error
            } else {
                &self.results.bypass
            };
            result.add(ids.len() as u64);
            return vec![None; ids.len()];
        };
        let present = values.iter().flatten().count();
        let mut invalid = Vec::new();
        let mut decode = |(&id, value): (&UserId, Option<Vec<u8>>)| {
            let cached = entry::decode(id, &value?);
            if cached.is_none() {
                invalid.push(id);
            }
            cached
        };
        let known: Vec<_> = ids.iter().zip(values).map(&mut decode).collect();
        self.results.hit.add((present - invalid.len()) as u64);
        self.results.miss.add((ids.len() - present) as u64);
        self.results.stale.add(invalid.len() as u64);
        if !invalid.is_empty() {
            self.remove(&invalid).await;
        }
        known
    }

    async fn put(&self, mut users: Vec<User>) {
        if users.len() == 1
            && let Some(user) = users.pop()
        {
            // Whether it was done in time makes no difference to the caller.
            let _ = timeout(COMMAND_LIMIT, self.writes.call(user)).await;
            return;
        }
        set_users(&self.link, users, self.ttl).await;
    }

    async fn put_absent(&self, ids: &[UserId]) {
        let set_absent = |id: &UserId| {
            let mut set = set(*id, entry::of_absence(*id), self.ttl.of_absence());
            set.arg("NX");
            set
        };
        set_all(&self.link, ids.iter().map(set_absent).collect()).await;
    }
}

/// The stored values of `ids`.
async fn values(link: &Link, ids: &[UserId]) -> Result<Vec<Option<Vec<u8>>>, RepositoryError> {
    let no_answer = RepositoryError::Incomplete;
    if let [id] = ids {
        let get = with_keys("GET", &[*id]);
        let value = link.command(GET, &get).await;
        return Ok(vec![value.ok_or(no_answer)?]);
    }
    let mget = with_keys("MGET", ids);
    let values: Option<Vec<_>> = link.command(MGET, &mget).await;
    // A Redis that acknowledges another number of values is one that does not respond.
    values
        .filter(|values| values.len() == ids.len())
        .ok_or(no_answer)
}

async fn set_users(link: &Link, users: Vec<User>, ttl: Ttl) {
    let set_user = |user: User| set(user.id, entry::of_user(user), ttl.of_user());
    set_all(link, users.into_iter().map(set_user).collect()).await;
}

/// Carries out commands that store something, whatever comes of it.
async fn set_all(link: &Link, sets: Vec<Cmd>) {
    if let [set] = &sets[..] {
        // With NX the response may be nil.
        link.command::<Option<()>>(SET, set).await;
        return;
    }
    let operation = batch(PIPELINE_SET, sets.len());
    let mut pipeline = Pipeline::with_capacity(sets.len());
    for set in sets {
        pipeline.add_command(set).ignore();
    }
    link.pipeline(operation, &pipeline).await;
}

fn with_keys(name: &str, ids: &[UserId]) -> Cmd {
    let mut command = redis::cmd(name);
    for id in ids {
        command.arg(entry::key(*id));
    }
    command
}

fn set(id: UserId, value: Vec<u8>, ttl: Duration) -> Cmd {
    let mut command = redis::cmd("SET");
    // Redis refuses a time to live of 0.
    let milliseconds = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
    command
        .arg(entry::key(id))
        .arg(value)
        .arg("PX")
        .arg(milliseconds);
    command
}
