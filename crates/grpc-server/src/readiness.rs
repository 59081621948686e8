//! Whether the service should get calls: shown on `/readyz` and by `grpc.health.v1`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::health::{Health, ServingStatus};

/// How often what the service depends on is pinged, and how long it may take to respond.
const PING_INTERVAL: Duration = Duration::from_secs(1);
const PING_LIMIT: Duration = Duration::from_secs(1);
/// How long it may be away before the service reports that it is not ready.
const UNREADY_AFTER: Duration = Duration::from_secs(5);

/// What `grpc.health.v1` calls the server as a whole.
const SERVER: &str = "";
/// The service name for liveness in `grpc.health.v1`: SERVING until shutdown, whatever the state
/// of the dependencies, because a restart would not repair them.
const LIVENESS: &str = "liveness";

/// The state, and those that watch it.
#[derive(Clone)]
pub struct Readiness {
    ready: watch::Sender<bool>,
    health: Health,
    services: Arc<[&'static str]>,
}

impl Readiness {
    /// Not ready yet. `health` knows the server as a whole and `services`, by their full names.
    pub fn new(health: Health, services: &[&'static str]) -> Self {
        let readiness = Self {
            ready: watch::Sender::new(false),
            health,
            services: services.into(),
        };
        readiness.tell(ServingStatus::NotServing);
        readiness.health.set(LIVENESS, ServingStatus::Serving);
        readiness
    }

    /// Whether the service is ready.
    pub fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// Changes the state, if it is another one.
    pub fn set(&self, ready: bool) {
        if self.ready.send_replace(ready) == ready {
            return;
        }
        self.tell(match ready {
            true => ServingStatus::Serving,
            false => ServingStatus::NotServing,
        });
    }

    /// Becomes not ready for good: watchers are notified and their streams end, so that they
    /// don't delay the shutdown.
    pub fn end(&self) {
        self.set(false);
        self.health.end();
    }

    /// Follows what the service depends on for as long as it is polled: not ready once
    /// `ping` has failed, or not returned within a second, for 5 seconds; ready again as
    /// soon as it succeeds.
    pub async fn follow<F, E>(&self, ping: impl Fn() -> F) -> Infallible
    where
        F: Future<Output = Result<(), E>>,
    {
        let mut last_answer = Instant::now();
        loop {
            match tokio::time::timeout(PING_LIMIT, ping()).await {
                Ok(Ok(())) => {
                    last_answer = Instant::now();
                    self.set(true);
                }
                _ if last_answer.elapsed() >= UNREADY_AFTER => self.set(false),
                _ => {}
            }
            tokio::time::sleep(PING_INTERVAL).await;
        }
    }

    /// The names that become ready and not ready.
    fn reported(&self) -> impl Iterator<Item = &'static str> {
        [SERVER].into_iter().chain(self.services.iter().copied())
    }

    fn tell(&self, status: ServingStatus) {
        for service in self.reported() {
            self.health.set(service, status);
        }
    }
}
