//! A cache in front of any repository, as a decorator.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;

use super::single_flight::SingleFlight;
use crate::cache::{Cached, UserCache};
use crate::domain::{Created, NewUser, RepositoryError, User, UserId, UserRepository};

/// A repository that reads from its cache first. The order of a write is: store,
/// commit, then cache; so nothing is ever cached that is not durable.
pub struct CachedRepository {
    repository: Arc<dyn UserRepository>,
    cache: Arc<dyn UserCache>,
    flights: SingleFlight,
}

impl CachedRepository {
    /// Puts `cache` in front of `repository`.
    pub fn new(repository: Arc<dyn UserRepository>, cache: Arc<dyn UserCache>) -> Self {
        Self {
            repository,
            cache,
            flights: SingleFlight::default(),
        }
    }

    async fn look_up(&self, id: UserId) -> Result<Option<User>, RepositoryError> {
        if let Some(cached) = self.cache.get(&[id]).await.pop().flatten() {
            return Ok(cached.into_user());
        }
        let found = self.repository.get(id).await?;
        match &found {
            Some(user) => self.cache.put(vec![user.clone()]).await,
            None => self.cache.put_absent(&[id]).await,
        }
        Ok(found)
    }

    /// Takes note of users that are durable now.
    async fn created(&self, users: Vec<User>) {
        for user in &users {
            // A lookup that began before the commit may still return "absent".
            self.flights.forget(user.id);
        }
        if !users.is_empty() {
            self.cache.put(users).await;
        }
    }
}

#[async_trait]
impl UserRepository for CachedRepository {
    fn peek(&self, id: UserId) -> Option<Option<Arc<User>>> {
        self.cache.peek(id)
    }

    async fn get(&self, id: UserId) -> Result<Option<User>, RepositoryError> {
        self.flights.get(id, self.look_up(id)).await
    }

    async fn get_many(&self, ids: &[UserId]) -> Result<Vec<User>, RepositoryError> {
        let mut found = Vec::with_capacity(ids.len());
        let mut missed = Vec::new();
        for (&id, cached) in ids.iter().zip(self.cache.get(ids).await) {
            match cached {
                Some(Cached::User(user)) => found.push(user),
                Some(Cached::Absent) => {}
                None => missed.push(id),
            }
        }
        if missed.is_empty() {
            return Ok(found);
        }
        let stored = self.repository.get_many(&missed).await?;
        let present: HashSet<_> = stored.iter().map(|user| user.id).collect();
        missed.retain(|id| !present.contains(id));
        if !stored.is_empty() {
            self.cache.put(stored.clone()).await;
        }
        if !missed.is_empty() {
            self.cache.put_absent(&missed).await;
        }
        found.extend(stored);
        Ok(found)
    }

    /// Not through the cache: a list of all users would drive out those in use.
    async fn page(&self, after: i64, limit: u32) -> Result<Vec<User>, RepositoryError> {
        self.repository.page(after, limit).await
    }

    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<Created>, RepositoryError> {
        let created = self.repository.create(users).await?;
        let made: Vec<User> = created
            .iter()
            .filter_map(|created| match created {
                Created::User(user) => Some(user.clone()),
                Created::Conflict(_) => None,
            })
            .collect();
        self.created(made).await;
        Ok(created)
    }

    async fn draw_ids(&self, count: usize) -> Result<Option<Vec<UserId>>, RepositoryError> {
        self.repository.draw_ids(count).await
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        self.repository.ping().await
    }

    async fn close(&self) {
        self.repository.close().await;
    }
}
