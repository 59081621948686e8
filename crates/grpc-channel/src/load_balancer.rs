//! Client-side load balancing: weighted round robin over the backends of a target, without those
//! that fail again and again, and those of this program's zone before all others. A name is resolved again and again, so that backends may come and go.

mod backend;
mod outlier;
mod refresh;
mod rotation;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use grpc_discovery::{DEFAULT_WEIGHT, Resolver};
use http::{Request, Response};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Uri;

use self::backend::{Backend, Backends, Rotation, is_of_connecting};
use self::refresh::Name;
use crate::BoxError;
use crate::endpoint::{BackendEndpoint, ConnectionSettings};
use crate::peer::AttemptPeer;
use crate::resolver::Share;

/// Backends to call in turn. Clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct LoadBalancer {
    backends: watch::Receiver<Backends>,
    turn: Arc<AtomicUsize>,
    /// Notified when a backend can't be reached: the name may have other addresses now.
    unreachable: Arc<Notify>,
    /// Resolves the name, until the last clone is dropped.
    _refresh: Option<Arc<AbortOnDropHandle<()>>>,
}

impl LoadBalancer {
    /// The backends behind `endpoints`, at least one.
    pub(crate) fn of_list(endpoints: &[BackendEndpoint]) -> Self {
        let backend = |endpoint: &BackendEndpoint| {
            let backend = Backend::new(endpoint.address(), endpoint);
            let share = Share {
                weight: DEFAULT_WEIGHT,
                is_near: false,
            };
            (backend, share)
        };
        let backends = Rotation::new(endpoints.iter().map(backend).collect());
        let (_, backends) = watch::channel(Backends::Known(Arc::new(backends)));
        Self {
            backends,
            turn: Arc::default(),
            unreachable: Arc::default(),
            _refresh: None,
        }
    }

    /// The backends that `resolver` finds, now and later, connected to by `settings` and
    /// called by the name in `uri`, those in `zone` before all others. Runs inside tokio.
    pub(crate) fn of_name(
        uri: Uri,
        resolver: Arc<dyn Resolver>,
        settings: ConnectionSettings,
        zone: Option<String>,
    ) -> Self {
        let (sender, backends) = watch::channel(Backends::Unknown);
        let unreachable = Arc::new(Notify::new());
        let name = Name {
            uri,
            resolver,
            settings,
            zone,
        };
        let refresh = tokio::spawn(refresh::run(name, sender, Arc::clone(&unreachable)));
        Self {
            backends,
            turn: Arc::default(),
            unreachable,
            _refresh: Some(Arc::new(AbortOnDropHandle::new(refresh))),
        }
    }

    /// Sends `request` to the backend whose turn it is.
    ///
    /// # Errors
    /// When there is none, or what the connection to it says.
    pub(crate) async fn send(mut self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let backend = self.pick().await?;
        AttemptPeer::note(request.extensions(), backend.peer());
        let result = backend.send(request).await;
        if result.as_ref().is_err_and(is_of_connecting) {
            self.unreachable.notify_one();
        }
        result
    }

    /// The backend whose turn it is, of those that can be reached as far as is known.
    async fn pick(&mut self) -> Result<Backend, Status> {
        let known = self
            .backends
            .wait_for(|backends| !matches!(backends, Backends::Unknown))
            .await
            .map(|backends| backends.clone());
        let backends = match known {
            Ok(Backends::Known(backends)) => backends,
            Ok(Backends::Unresolved(why)) => return Err(Status::unavailable(why)),
            Ok(Backends::Unknown) | Err(_) => {
                return Err(Status::unavailable("its name is not resolved any more"));
            }
        };
        let turn = self.turn.fetch_add(1, Relaxed);
        let picked = backends.pick(turn, Instant::now());
        picked
            .cloned()
            .ok_or_else(|| Status::unavailable("its name has no address"))
    }
}
