//! The loop that keeps this instance registered while it serves. Nothing waits for the
//! registry: what fails is tried again for as long as the service runs.

mod advertised;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::Duration;

use grpc_common::Backoff;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::{BoxError, Instance, Registry};

/// How long a stop waits for the registry. Without a response the registration expires by itself.
const WITHDRAW_LIMIT: Duration = Duration::from_secs(1);
/// The backoff while the registry can't be reached: it doubles, so that a registry that comes back
/// is not overrun, and half of it is jitter, because all instances miss it at once.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(3);

/// How callers reach the instance that is registered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Advertised {
    /// The address that callers shall use; by default the one by which this host reaches the registry.
    pub ip: Option<IpAddr>,
    /// The port that callers shall use.
    pub port: u16,
    /// Its share of the calls, relative to other instances ([`Instance::with_weight`]).
    pub weight: u32,
    /// Where it runs; callers of the same zone prefer it ([`Instance::in_zone`]).
    pub zone: Option<String>,
}

/// A registration that is kept until it is ended or dropped.
#[derive(Debug)]
pub struct Registration {
    stop: CancellationToken,
    active: Weak<AtomicBool>,
    task: AbortOnDropHandle<()>,
}

impl Registration {
    /// Begins to register an instance that takes calls already; `random` returns numbers
    /// from 0 up to 1, which spread the retries. Runs inside tokio.
    pub fn start(registry: Box<dyn Registry>, advertised: Advertised, random: fn() -> f64) -> Self {
        let stop = CancellationToken::new();
        let keeper = Keeper {
            registry,
            advertised,
            instance: None,
            registered: Arc::new(AtomicBool::new(false)),
        };
        let active = Arc::downgrade(&keeper.registered);
        let task = tokio::spawn(keeper.run(stop.clone(), random));
        Self {
            stop,
            active,
            task: AbortOnDropHandle::new(task),
        }
    }

    /// Whether the registry confirms that this instance is registered, for a metric; `None` once
    /// the registration has ended.
    pub fn active(&self) -> impl Fn() -> Option<bool> + Send + Sync + 'static {
        let active = Weak::clone(&self.active);
        move || Some(active.upgrade()?.load(Relaxed))
    }

    /// Removes the registration, within a second.
    pub async fn end(self) {
        self.stop.cancel();
        // Its own limit is the only one that it needs.
        let _ = self.task.await;
    }
}

/// Keeps one instance in a registry.
struct Keeper {
    registry: Box<dyn Registry>,
    advertised: Advertised,
    /// Once the address is known.
    instance: Option<Instance>,
    registered: Arc<AtomicBool>,
}

impl Keeper {
    async fn run(mut self, stop: CancellationToken, random: fn() -> f64) {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            never = self.keep(random) => match never {},
        }
        self.withdraw().await;
    }

    async fn keep(&mut self, random: fn() -> f64) -> Infallible {
        let mut backoff = Backoff::new(FIRST_DELAY, 2, LONGEST_DELAY).jitter(0.5, 1.0);
        let mut failing = false;
        let registry = self.registry.name();
        loop {
            let beat = self.beat().await;
            self.registered.store(beat.is_ok(), Relaxed);
            let wait = match beat {
                Ok(written) => {
                    if written || failing {
                        tracing::info!(written, "registered in {registry}");
                    }
                    failing = false;
                    backoff.reset();
                    self.registry.beat()
                }
                Err(error) => {
                    if !failing {
                        tracing::warn!(%error, "not registered in {registry}: retrying until it succeeds");
                    }
                    failing = true;
                    backoff.next(random())
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Registers the instance or keeps it registered; returns whether it was missing.
    async fn beat(&mut self) -> Result<bool, BoxError> {
        let instance = match self.instance.take() {
            Some(instance) => instance,
            None => advertised::instance(&self.advertised, self.registry.endpoints()).await?,
        };
        let instance = self.instance.insert(instance);
        self.registry.register(instance).await
    }

    async fn withdraw(&mut self) {
        self.registered.store(false, Relaxed);
        let Some(instance) = &self.instance else {
            return;
        };
        let registry = self.registry.name();
        let removing = self.registry.deregister(instance);
        match tokio::time::timeout(WITHDRAW_LIMIT, removing).await {
            Ok(Ok(())) => tracing::info!("no longer registered in {registry}"),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the registration in {registry} stays until it expires")
            }
            Err(_) => tracing::warn!("the registration in {registry} stays until it expires"),
        }
    }
}
