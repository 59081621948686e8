//! Whether the service should get calls: shown on `/readyz` and by `grpc.health.v1`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::domain::UserRepository;

/// How often the database is asked, and how long it may take to answer.
const PING_INTERVAL: Duration = Duration::from_secs(1);
const PING_LIMIT: Duration = Duration::from_secs(1);
/// How long the database may be away before the service says that it is not ready.
const PATIENCE: Duration = Duration::from_secs(5);

/// The services that `grpc.health.v1` knows: the server as a whole, and ours.
const SERVICES: [&str; 2] = ["", "user.v1.UserService"];
/// What `grpc.health.v1` calls the process alone, which serves until it is told
/// to stop: a restart would not mend what it depends on.
const LIVENESS: &str = "liveness";

/// The state, and who is told of it.
#[derive(Clone)]
pub struct Readiness {
    ready: watch::Sender<bool>,
    health: HealthReporter,
}

impl Readiness {
    /// Not ready yet.
    pub async fn new(health: HealthReporter) -> Self {
        let readiness = Self {
            ready: watch::Sender::new(false),
            health,
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
        for service in SERVICES.into_iter().chain([LIVENESS]) {
            health.clear_service_status(service).await;
        }
    }

    /// Follows the database for as long as it is polled: not ready once it has
    /// been away for 5 seconds, ready again as soon as it answers.
    pub async fn follow(&self, repository: Arc<dyn UserRepository>) -> Infallible {
        let mut last_answer = Instant::now();
        loop {
            let ping = tokio::time::timeout(PING_LIMIT, repository.ping()).await;
            match ping {
                Ok(Ok(())) => {
                    last_answer = Instant::now();
                    self.set(true).await;
                }
                _ if last_answer.elapsed() >= PATIENCE => self.set(false).await,
                _ => {}
            }
            tokio::time::sleep(PING_INTERVAL).await;
        }
    }

    async fn tell(&self, status: ServingStatus) {
        let health = self.health.clone();
        for service in SERVICES {
            health.set_service_status(service, status).await;
        }
    }
}
