//! A bounded cache in the process.

use std::sync::Arc;

use async_trait::async_trait;
use quick_cache::sync::{Cache, EntryAction, EntryResult};
use tokio::time::Instant;

use super::{Cached, Ttl, UserCache};
use crate::domain::{User, UserId};
use crate::metrics::CacheResults;

/// The most entries that are kept; the least used go first.
const CAPACITY: usize = 100_000;

/// Users in the memory of this process. Other replicas don't see it, so what
/// one of them creates may be absent here for the time absence is kept.
pub struct MemoryCache {
    entries: Cache<UserId, Entry>,
    ttl: Ttl,
    results: CacheResults,
}

/// Copied for each reader.
#[derive(Clone)]
struct Entry {
    /// None if no user has the id.
    user: Option<Arc<User>>,
    ends: Instant,
}

impl MemoryCache {
    /// An empty cache.
    pub fn new(ttl: Ttl) -> Self {
        Self {
            entries: Cache::new(CAPACITY),
            ttl,
            results: CacheResults::new(),
        }
    }

    fn live(&self, id: UserId) -> Option<Option<Arc<User>>> {
        let entry = self.entries.get(&id)?;
        (entry.ends > Instant::now()).then_some(entry.user)
    }
}

#[async_trait]
impl UserCache for MemoryCache {
    fn peek(&self, id: UserId) -> Option<Option<Arc<User>>> {
        let known = self.live(id)?;
        self.results.hit.add(1);
        Some(known)
    }

    async fn get(&self, ids: &[UserId]) -> Vec<Option<Cached>> {
        let live = |id: &UserId| self.live(*id).map(copied);
        let known: Vec<_> = ids.iter().map(live).collect();
        let hits = known.iter().flatten().count();
        self.results.hit.add(hits as u64);
        self.results.miss.add((ids.len() - hits) as u64);
        known
    }

    async fn put(&self, users: Vec<User>) {
        for user in users {
            let id = user.id;
            let entry = Entry {
                user: Some(Arc::new(user)),
                ends: Instant::now() + self.ttl.of_user(),
            };
            self.entries.insert(id, entry);
        }
    }

    async fn put_absent(&self, ids: &[UserId]) {
        for id in ids {
            self.put_one_absent(*id);
        }
    }
}

impl MemoryCache {
    /// Works under the entry's lock: between a look and an insert a user could be created.
    fn put_one_absent(&self, id: UserId) {
        let now = Instant::now();
        let absent = || Entry {
            user: None,
            ends: now + self.ttl.of_absence(),
        };
        let result = self.entries.entry(&id, None, |_, known| {
            if known.ends <= now {
                *known = absent();
            }
            EntryAction::Retain(())
        });
        if let EntryResult::Vacant(guard) = result {
            // It fails when a user was put here meanwhile, which is right.
            let _ = guard.insert(absent());
        }
    }
}

fn copied(user: Option<Arc<User>>) -> Cached {
    match user {
        Some(user) => Cached::User(Arc::unwrap_or_clone(user)),
        None => Cached::Absent,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::sample;

    const TTL: Duration = Duration::from_secs(60);

    fn cache() -> MemoryCache {
        MemoryCache::new(Ttl::new(TTL, || 0.5))
    }

    fn user() -> User {
        sample::user(7)
    }

    #[tokio::test(start_paused = true)]
    async fn an_entry_lives_as_long_as_its_ttl() {
        let cache = cache();
        cache.put(vec![user()]).await;

        tokio::time::advance(TTL - Duration::from_millis(1)).await;
        assert_eq!(cache.get(&[user().id]).await, [Some(Cached::User(user()))]);

        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(cache.get(&[user().id]).await, [None]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_is_known_without_a_wait() {
        let cache = cache();
        assert_eq!(cache.peek(user().id), None);

        cache.put(vec![user()]).await;
        assert_eq!(cache.peek(user().id), Some(Some(Arc::new(user()))));

        tokio::time::advance(TTL).await;
        assert_eq!(cache.peek(user().id), None);
    }

    #[tokio::test(start_paused = true)]
    async fn absence_ends_sooner_and_never_hides_a_user() {
        let cache = cache();
        cache.put_absent(&[user().id]).await;
        assert_eq!(cache.get(&[user().id]).await, [Some(Cached::Absent)]);

        cache.put(vec![user()]).await;
        cache.put_absent(&[user().id]).await;
        assert_eq!(cache.get(&[user().id]).await, [Some(Cached::User(user()))]);
    }

    #[tokio::test(start_paused = true)]
    async fn absence_replaces_an_entry_that_has_ended() {
        let cache = cache();
        cache.put(vec![user()]).await;
        tokio::time::advance(TTL).await;

        cache.put_absent(&[user().id]).await;

        assert_eq!(cache.get(&[user().id]).await, [Some(Cached::Absent)]);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(cache.get(&[user().id]).await, [None]);
    }
}
