//! The rules of the cache in every order of their steps: two replicas, their
//! single flights and one Redis, by the service's own code. The database and
//! Redis are in the process, and a seeded scheduler carries out their commands.

mod far;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use user_service::cache::{MemoryCache, Ttl};
use user_service::domain::{Error, UncheckedUser, UserId, Users};
use user_service::repository::CachedRepository;

use self::far::{RandomScheduler, RemoteCache, RemoteStore};
use testkit::sizes::{random, report, size};

/// Interleavings that share a Redis and an end.
const BATCH: usize = 1_000;
/// Every so manieth batch loses commands to Redis.
const LOSSY: usize = 8;
/// The time to live of a batch that loses none: longer than it lasts.
const LONG: Duration = Duration::from_secs(3_600);
/// That of one that does, which is waited for at its end.
const SHORT: Duration = Duration::from_millis(20);

/// What reads returned.
#[derive(Clone, Copy, Default)]
struct ReadTally {
    /// Before any acknowledgement, that there is no user.
    too_early: usize,
    /// After one, what is right.
    right: usize,
    /// After one, that there is no user.
    stale: usize,
}

impl ReadTally {
    fn add(&mut self, other: Self) {
        self.too_early += other.too_early;
        self.right += other.right;
        self.stale += other.stale;
    }
}

/// Two replicas and the user that they are asked for.
#[derive(Clone)]
struct Replicas {
    id: i64,
    replicas: [Users; 2],
    acknowledged: Arc<AtomicBool>,
    turns: RandomScheduler,
}

impl Replicas {
    fn new(id: i64, entries: &Arc<MemoryCache>, loses: bool, turns: &RandomScheduler) -> Self {
        let store = Arc::new(RemoteStore {
            id: UserId::new(id).unwrap(),
            row: Mutex::default(),
            turns: turns.clone(),
        });
        let replica = || {
            let cache = RemoteCache {
                entries: Arc::clone(entries),
                turns: turns.clone(),
                loses,
            };
            let repository = CachedRepository::new(store.clone(), Arc::new(cache));
            Users::new(Arc::new(repository))
        };
        Self {
            id,
            replicas: [replica(), replica()],
            acknowledged: Arc::default(),
            turns: turns.clone(),
        }
    }

    fn replica(&self) -> &Users {
        &self.replicas[self.turns.choose(2)]
    }

    /// Comes at any time.
    async fn arrive(&self) {
        for _ in 0..self.turns.choose(8) {
            self.turns.wait().await;
        }
    }

    /// Asks once or more, alone or in a list.
    async fn read(self) -> ReadTally {
        let mut told = ReadTally::default();
        self.arrive().await;
        for _ in 0..=self.turns.choose(3) {
            let is_late = self.acknowledged.load(Relaxed);
            let found = match self.turns.choose(2) {
                0 => self.replica().get(self.id).await,
                _ => {
                    let found = self.replica().get_many(&[self.id]).await;
                    found.unwrap().pop().unwrap().map(Arc::new)
                }
            };
            match found {
                Ok(_) => told.right += usize::from(is_late),
                Err(Error::NotFound(_)) if is_late => told.stale += 1,
                Err(Error::NotFound(_)) => told.too_early += 1,
                Err(error) => panic!("{error}"),
            }
        }
        told
    }

    async fn create(self) -> ReadTally {
        self.arrive().await;
        let user = UncheckedUser {
            name: "Ada".to_owned(),
            email: "ada@example.com".to_owned(),
            phone: None,
            request_id: String::new(),
        };
        self.replica().create(user).await.unwrap();
        self.acknowledged.store(true, Relaxed);
        ReadTally::default()
    }

    /// Two to four readers, a creator, and in half of the cases another with the
    /// same request; in a quarter of them one of all leaves before its end.
    async fn interleave(&self) -> ReadTally {
        let mut callers = JoinSet::new();
        let mut handles = Vec::new();
        for _ in 0..2 + self.turns.choose(3) {
            handles.push(callers.spawn(self.clone().read()));
        }
        for _ in 0..1 + self.turns.choose(2) {
            handles.push(callers.spawn(self.clone().create()));
        }
        let leaves = (self.turns.choose(4) == 0).then(|| self.turns.choose(20));
        let mut told = ReadTally::default();
        for step in 0.. {
            if leaves == Some(step) {
                handles[self.turns.choose(handles.len())].abort();
            }
            while let Some(ended) = callers.try_join_next() {
                match ended {
                    Ok(by_one) => told.add(by_one),
                    Err(error) => assert!(error.is_cancelled(), "{error}"),
                }
            }
            if callers.is_empty() {
                break;
            }
            assert!(step < 10_000, "nobody gets on");
            self.turns.give();
            tokio::task::yield_now().await;
        }
        told
    }
}

/// What the reads of a batch returned, and those after its entries have ended.
async fn batch(first: i64, loses: bool, turns: &RandomScheduler) -> (ReadTally, ReadTally) {
    let ttl = if loses { SHORT } else { LONG };
    let entries = Arc::new(MemoryCache::new(Ttl::new(ttl, || 0.5)));
    let (mut told, mut afterwards) = (ReadTally::default(), ReadTally::default());
    let mut pairs = Vec::new();
    for id in first..first + i64::try_from(BATCH).unwrap() {
        let pair = Replicas::new(id, &entries, loses, turns);
        told.add(pair.interleave().await);
        pairs.push(pair);
    }
    if !loses {
        return (told, afterwards);
    }
    // Commands that were given up are carried out now at the latest.
    while turns.give() {
        tokio::task::yield_now().await;
    }
    let ends = Instant::now() + SHORT;
    tokio::time::sleep_until(ends.into()).await;
    for pair in pairs {
        if pair.acknowledged.load(Relaxed) {
            afterwards.add(pair.interleave().await);
        }
    }
    (told, afterwards)
}

/// Batches with the numbers `from`, `from + 2`, and so on: what reads returned
/// where none, where some commands were lost, and after that.
fn batches(from: usize, count: usize, random: StdRng) -> [ReadTally; 3] {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let turns = RandomScheduler::new(random);
    let mut sums = [ReadTally::default(); 3];
    for number in (from..count).step_by(2) {
        let loses = number / 2 % LOSSY == LOSSY - 1;
        let first = i64::try_from(number * BATCH + 1).unwrap();
        let (told, afterwards) = runtime.block_on(batch(first, loses, &turns));
        sums[usize::from(loses)].add(told);
        sums[2].add(afterwards);
    }
    sums
}

#[test]
fn no_order_of_steps_hides_a_user_whose_creation_was_acknowledged() {
    let count = size(16, 1_000);
    let mut random = random();
    let started = Instant::now();
    let threads = [0, 1].map(|from| {
        let random = StdRng::from_rng(&mut random);
        thread::spawn(move || batches(from, count, random))
    });
    let mut sums = [ReadTally::default(); 3];
    for thread in threads {
        let of_one = thread.join().unwrap();
        for (sum, told) in sums.iter_mut().zip(of_one) {
            sum.add(told);
        }
    }
    let [well, lossy, afterwards] = sums;
    assert!(well.too_early > 0 && well.right > 0 && afterwards.right > 0);
    assert_eq!(
        well.stale, 0,
        "a read after an acknowledgement found nobody"
    );
    assert_eq!(afterwards.stale, 0, "absence outlived its time");
    report(
        7,
        &format!(
            "{} random interleavings of two replicas in {:.0?}: 0 of {} reads that began after an acknowledgement found nobody ({} came too early); where a fourth of the commands to Redis was lost {} of {} did, none of {} after the time that absence is kept",
            count * BATCH,
            started.elapsed(),
            well.right,
            well.too_early,
            lossy.stale,
            lossy.stale + lossy.right,
            afterwards.right,
        ),
    );
}
