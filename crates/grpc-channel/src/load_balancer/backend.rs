//! One server behind a target, and what is known of all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Request, Response};
use tokio::time::Instant;
use tonic::ConnectError;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::{Service, ServiceExt};

use crate::causes::causes;

/// How long a server that can't be reached is passed over, if there are others.
const EJECTION: Duration = Duration::from_secs(1);

/// What is known of the servers.
#[derive(Clone, Debug)]
pub(super) enum Backends {
    /// Nothing yet.
    Unknown,
    /// Why there are none.
    Unresolved(String),
    /// These, at least one.
    Known(Arc<[Backend]>),
}

/// One server. Clones share its connection.
#[derive(Clone, Debug)]
pub(super) struct Backend {
    address: String,
    channel: Channel,
    ejected_until: Arc<Mutex<Option<Instant>>>,
}

impl Backend {
    /// The server at `address`, connected to with the first call by `endpoint`.
    pub(super) fn new(address: String, endpoint: &Endpoint) -> Self {
        Self {
            address,
            channel: endpoint.connect_lazy(),
            ejected_until: Arc::default(),
        }
    }

    /// Where it is, as its resolver has it.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Whether others are to be preferred.
    pub(super) fn is_ejected(&self, now: Instant) -> bool {
        self.ejection().is_some_and(|until| until > now)
    }

    /// Sends `request`. The backend is ejected for a while if it can't be connected to.
    pub(super) async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Body>, tonic::transport::Error> {
        let mut channel = self.channel.clone();
        let result = match channel.ready().await {
            Ok(channel) => channel.call(request).await,
            Err(error) => Err(error),
        };
        match &result {
            Ok(_) => *self.ejection() = None,
            Err(error) if is_of_connecting(error) => {
                *self.ejection() = Some(Instant::now() + EJECTION);
            }
            Err(_) => {}
        }
        result
    }

    fn ejection(&self) -> MutexGuard<'_, Option<Instant>> {
        self.ejected_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `error` says that there is no connection.
pub(super) fn is_of_connecting(error: &tonic::transport::Error) -> bool {
    causes(error).any(|it| it.is::<ConnectError>())
}
