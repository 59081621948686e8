//! Whether the service should get calls: shown on `/readyz` and by `grpc.health.v1`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How often what the service depends on is pinged, and how long it may take to answer.
const PING_INTERVAL: Duration = Duration::from_secs(1);
const PING_LIMIT: Duration = Duration::from_secs(1);
/// How long it may be away before the service reports that it is not ready.
const UNREADY_AFTER: Duration = Duration::from_secs(5);

/// What `grpc.health.v1` calls the server as a whole.
const SERVER: &str = "";
/// What `grpc.health.v1` calls the process alone, which serves until it is told
/// to stop: a restart would not mend what it depends on.
const LIVENESS: &str = "liveness";

/// The state, and who is told of it.
#[derive(Clone)]
pub struct Readiness {
    ready: watch::Sender<bool>,
    health: HealthReporter,
    services: Arc<[&'static str]>,
}

impl Readiness {
    /// Not ready yet. `health` knows the server as a whole and `services`, by their full names.
    pub async fn new(health: HealthReporter, services: &[&'static str]) -> Self {
        let readiness = Self {
            ready: watch::Sender::new(false),
            health,
            services: services.into(),
        };
        readiness.tell(ServingStatus::NotServing).await;
        let alive = ServingStatus::Serving;
        readiness.health.set_service_status(LIVENESS, alive).await;
        readiness
    }

    /// Whether the service is ready.
    pub fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// Changes the state, if it is another one.
    pub async fn set(&self, ready: bool) {
        if self.ready.send_replace(ready) == ready {
            return;
        }
        self.tell(match ready {
            true => ServingStatus::Serving,
            false => ServingStatus::NotServing,
        })
        .await;
    }

    /// Not ready, and never again: those who watch are told and let go, so that
    /// they don't hold the server open.
    pub async fn end(&self) {
        self.set(false).await;
        let mut health = self.health.clone();
        for service in self.reported().chain([LIVENESS]) {
            health.clear_service_status(service).await;
        }
    }

    /// Follows what the service depends on for as long as it is polled: not ready once
    /// `ping` has failed, or not returned within a second, for 5 seconds; ready again as
    /// soon as it succeeds.
    pub async fn follow<E>(&self, ping: impl AsyncFn() -> Result<(), E>) -> Infallible {
        let mut last_answer = Instant::now();
        loop {
            match tokio::time::timeout(PING_LIMIT, ping()).await {
                Ok(Ok(())) => {
                    last_answer = Instant::now();
                    self.set(true).await;
                }
                _ if last_answer.elapsed() >= UNREADY_AFTER => self.set(false).await,
                _ => {}
            }
            tokio::time::sleep(PING_INTERVAL).await;
        }
    }

    /// The names that become ready and not ready.
    fn reported(&self) -> impl Iterator<Item = &'static str> {
        [SERVER].into_iter().chain(self.services.iter().copied())
    }

    async fn tell(&self, status: ServingStatus) {
        let health = self.health.clone();
        for service in self.reported() {
            health.set_service_status(service, status).await;
        }
    }
}
