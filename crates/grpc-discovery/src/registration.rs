//! This instance in etcd, for callers to find it while it serves. Nothing waits
//! for etcd: what can't be done is tried again for as long as the service runs.

mod advertised;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::Duration;

use grpc_common::Backoff;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use self::advertised::Unknown;
use crate::{Endpoints, Etcd, EtcdError, Instance, Lease, Service};

/// How often in the time of its lease this instance looks after it.
const BEATS: u32 = 3;
/// How long a stop waits for etcd. Without an answer the lease ends by itself.
const WITHDRAW_LIMIT: Duration = Duration::from_secs(1);
/// The backoff while etcd can't be told: it doubles, so that an etcd that comes back is not
/// run over, and half of it is jitter, as all instances miss etcd at once.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(3);
/// What a stop says that etcd was not told of.
const STAYS: &str = "the registration in etcd stays until its lease ends";

/// What to register, and where.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where etcd answers.
    pub endpoints: Endpoints,
    /// Of which service this is an instance.
    pub service: Service,
    /// The address that callers shall use; by default the one by which etcd is reached.
    pub ip: Option<IpAddr>,
    /// The port that callers shall use.
    pub port: u16,
    /// How long the registration outlives this instance, in seconds.
    pub ttl: u32,
}

/// A registration that is looked after until it is ended or dropped.
#[derive(Debug)]
pub struct Registration {
    stop: CancellationToken,
    active: Weak<AtomicBool>,
    task: AbortOnDropHandle<()>,
}

impl Registration {
    /// Begins to register an instance that takes calls already; `random` gives numbers
    /// from 0 up to 1, which spread the retries. Runs inside tokio.
    pub fn start(settings: Settings, random: fn() -> f64) -> Self {
        let stop = CancellationToken::new();
        let keeper = Keeper::new(settings);
        let active = Arc::downgrade(&keeper.registered);
        let task = tokio::spawn(keeper.run(stop.clone(), random));
        Self {
            stop,
            active,
            task: AbortOnDropHandle::new(task),
        }
    }

    /// Whether etcd confirms that this instance is registered, for a metric; nothing once
    /// the registration has ended.
    pub fn active(&self) -> impl Fn() -> Option<bool> + Send + Sync + 'static {
        let active = Weak::clone(&self.active);
        move || Some(active.upgrade()?.load(Relaxed))
    }

    /// Takes the registration back, if etcd answers soon.
    pub async fn end(self) {
        self.stop.cancel();
        // Its own limit is the only one that it needs.
        let _ = self.task.await;
    }
}

/// Why etcd was not told.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Etcd(#[from] EtcdError),
    #[error(transparent)]
    Address(#[from] Unknown),
}

/// Keeps one key in etcd.
struct Keeper {
    etcd: Etcd,
    settings: Settings,
    /// Once the address is known.
    entry: Option<Entry>,
    /// The last one that was granted.
    lease: Option<Lease>,
    registered: Arc<AtomicBool>,
}

/// What is in etcd.
#[derive(Clone)]
struct Entry {
    key: String,
    instance: Instance,
}

impl Keeper {
    fn new(settings: Settings) -> Self {
        Self {
            etcd: Etcd::new(&settings.endpoints),
            settings,
            entry: None,
            lease: None,
            registered: Arc::new(AtomicBool::new(false)),
        }
    }

    async fn run(mut self, stop: CancellationToken, random: fn() -> f64) {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            never = self.keep(random) => match never {},
        }
        self.withdraw().await;
    }

    async fn keep(&mut self, random: fn() -> f64) -> Infallible {
        let interval = Duration::from_secs(self.settings.ttl.into()) / BEATS;
        let mut backoff = Backoff::new(FIRST_DELAY, 2, LONGEST_DELAY).jitter(0.5, 1.0);
        let mut in_trouble = false;
        loop {
            let beat = self.beat().await;
            self.registered.store(beat.is_ok(), Relaxed);
            let wait = match beat {
                Ok(written) => {
                    if written || in_trouble {
                        tracing::info!(written, "registered in etcd");
                    }
                    in_trouble = false;
                    backoff.reset();
                    interval
                }
                Err(error) => {
                    if !in_trouble {
                        tracing::warn!(%error, "not registered in etcd: this is tried again until it succeeds");
                    }
                    in_trouble = true;
                    backoff.next(random())
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Keeps the lease alive, or gets another, and writes the key if it is not
    /// there by this lease; whether it had to.
    async fn beat(&mut self) -> Result<bool, Trouble> {
        let Entry { key, instance } = self.entry().await?;
        let alive = match self.lease {
            Some(lease) => self.etcd.keep_alive(lease).await?.then_some(lease),
            None => None,
        };
        let lease = match alive {
            Some(lease) => lease,
            None => self.etcd.grant(self.settings.ttl).await?,
        };
        self.lease = Some(lease);
        if self.etcd.lease_of(&key).await? == Some(lease) {
            return Ok(false);
        }
        self.etcd.put(&key, &instance, lease).await?;
        Ok(true)
    }

    async fn entry(&mut self) -> Result<Entry, Unknown> {
        if let Some(entry) = &self.entry {
            return Ok(entry.clone());
        }
        let address = advertised::address(&self.settings).await?.to_string();
        let entry = Entry {
            key: self.settings.service.key(&address),
            instance: Instance::new(&address),
        };
        Ok(self.entry.insert(entry).clone())
    }

    async fn withdraw(&self) {
        self.registered.store(false, Relaxed);
        let (Some(Entry { key, .. }), Some(lease)) = (&self.entry, self.lease) else {
            return;
        };
        let removing = async {
            self.etcd.delete(key).await?;
            // A write that was given up on its way would bring the key back.
            self.etcd.revoke(lease).await
        };
        match tokio::time::timeout(WITHDRAW_LIMIT, removing).await {
            Ok(Ok(())) => tracing::info!("no longer registered in etcd"),
            Ok(Err(error)) => tracing::warn!(%error, "{STAYS}"),
            Err(_) => tracing::warn!("{STAYS}"),
        }
    }
}
