//! A database and a Redis that are far away: each command goes and its response
//! comes when a seeded scheduler says so, and some are lost.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::sync::oneshot;
use user_service::cache::{Cached, MemoryCache, UserCache};
use user_service::domain::{Created, NewUser, RepositoryError, User, UserId, UserRepository};

/// Where everybody waits until it is their turn; whose it is, is chosen at random.
#[derive(Clone)]
pub(super) struct RandomScheduler(Arc<Mutex<State>>);

struct State {
    waiting: Vec<oneshot::Sender<()>>,
    random: StdRng,
}

impl RandomScheduler {
    pub(super) fn new(random: StdRng) -> Self {
        Self(Arc::new(Mutex::new(State {
            waiting: Vec::new(),
            random,
        })))
    }

    fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns when it is this caller's turn.
    pub(super) async fn wait(&self) {
        let (turn, mine) = oneshot::channel();
        self.state(|it| it.waiting.push(turn));
        // It ends without a turn only with the whole run.
        let _ = mine.await;
    }

    /// Lets one continue. Returns whether one waited.
    pub(super) fn give(&self) -> bool {
        self.state(|it| {
            if it.waiting.is_empty() {
                return false;
            }
            let next = it.random.random_range(0..it.waiting.len());
            // Who was cancelled meanwhile has no use for it.
            let _ = it.waiting.swap_remove(next).send(());
            true
        })
    }

    /// A number below `limit`.
    pub(super) fn choose(&self, limit: usize) -> usize {
        self.state(|it| it.random.random_range(0..limit))
    }
}

/// A database with room for one user.
pub(super) struct RemoteStore {
    pub(super) id: UserId,
    pub(super) row: Mutex<Option<User>>,
    pub(super) turns: RandomScheduler,
}

impl RemoteStore {
    fn row(&self) -> Option<User> {
        let row = self.row.lock();
        row.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A repeat finds what the first request made.
    fn insert(&self, user: &NewUser) -> Created {
        let mut row = self.row.lock().unwrap_or_else(PoisonError::into_inner);
        let made = row.get_or_insert_with(|| User {
            id: self.id,
            name: user.name.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            phone: None,
            created_at: 0,
        });
        Created::User(made.clone())
    }
}

#[async_trait]
impl UserRepository for RemoteStore {
    async fn get(&self, _id: UserId) -> Result<Option<User>, RepositoryError> {
        self.turns.wait().await;
        let found = self.row();
        self.turns.wait().await;
        Ok(found)
    }

    async fn get_many(&self, ids: &[UserId]) -> Result<Vec<User>, RepositoryError> {
        let [id] = ids else {
            return Err(RepositoryError::Incomplete);
        };
        Ok(self.get(*id).await?.into_iter().collect())
    }

    async fn page(&self, _after: i64, _limit: u32) -> Result<Vec<User>, RepositoryError> {
        Ok(self.row().into_iter().collect())
    }

    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<Created>, RepositoryError> {
        self.turns.wait().await;
        let created = users.iter().map(|user| self.insert(user)).collect();
        self.turns.wait().await;
        Ok(created)
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        Ok(())
    }

    async fn close(&self) {}
}

/// What becomes of a command.
enum CommandOutcome {
    Answered,
    /// The circuit breaker is open, or the connection breaks.
    NotSent,
    /// Given up by the caller, and carried out nevertheless.
    Late,
}

/// A Redis, by the same rules as the cache in the process: the last `put` stands,
/// and absence is kept only where nothing is known.
pub(super) struct RemoteCache {
    pub(super) entries: Arc<MemoryCache>,
    pub(super) turns: RandomScheduler,
    /// Whether a fourth of the commands is lost.
    pub(super) loses: bool,
}

impl RemoteCache {
    fn fate(&self) -> CommandOutcome {
        match self.turns.choose(8) {
            0 if self.loses => CommandOutcome::NotSent,
            1 if self.loses => CommandOutcome::Late,
            _ => CommandOutcome::Answered,
        }
    }

    /// Does `work` when its turn comes, and waits for that and the response if its fate is such.
    async fn change(&self, work: impl Future<Output = ()> + Send + 'static) {
        let turns = self.turns.clone();
        let work = async move {
            turns.wait().await;
            work.await;
        };
        match self.fate() {
            CommandOutcome::Answered => work.await,
            CommandOutcome::NotSent => {}
            // It ends with the runtime at the latest.
            CommandOutcome::Late => drop(tokio::spawn(work)),
        }
        self.turns.wait().await;
    }
}

#[async_trait]
impl UserCache for RemoteCache {
    async fn get(&self, ids: &[UserId]) -> Vec<Option<Cached>> {
        self.turns.wait().await;
        let known = match self.fate() {
            CommandOutcome::Answered => self.entries.get(ids).await,
            CommandOutcome::NotSent | CommandOutcome::Late => vec![None; ids.len()],
        };
        self.turns.wait().await;
        known
    }

    async fn put(&self, users: Vec<User>) {
        let entries = Arc::clone(&self.entries);
        self.change(async move { entries.put(users).await }).await;
    }

    async fn put_absent(&self, ids: &[UserId]) {
        let (entries, ids) = (Arc::clone(&self.entries), ids.to_vec());
        self.change(async move { entries.put_absent(&ids).await })
            .await;
    }
}
