//! One of several servers for each call, in turn. A name is resolved again and
//! again, so that servers may come and go.

mod resolve;
mod source;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{ConnectError, Status};
use tower::{Service, ServiceExt};

use self::resolve::Name;
pub(crate) use self::source::Source;
use super::channel::Tuning;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How long a server that can't be reached is passed over, if there are others.
const REST: Duration = Duration::from_secs(1);

/// Servers to call in turn. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Balance {
    backends: watch::Receiver<Backends>,
    turn: Arc<AtomicUsize>,
    /// Told when a server can't be reached: the name may have other addresses now.
    trouble: Arc<Notify>,
}

/// What is known of the servers.
#[derive(Clone, Debug)]
enum Backends {
    /// Nothing yet.
    Unknown,
    /// Why there are none.
    Unresolved(String),
    /// These, at least one.
    Known(Arc<[Backend]>),
}

/// One server.
#[derive(Clone, Debug)]
struct Backend {
    /// Which one, for those that come from a name.
    key: String,
    channel: Channel,
    rests_until: Arc<Mutex<Option<Instant>>>,
}

impl Backend {
    fn new(key: String, endpoint: &Endpoint) -> Self {
        Self {
            key,
            channel: endpoint.connect_lazy(),
            rests_until: Arc::default(),
        }
    }

    fn rests(&self, now: Instant) -> bool {
        self.rest_mark().is_some_and(|until| until > now)
    }

    fn rest_mark(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.rests_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Balance {
    /// The servers behind `endpoints`, at least one.
    pub fn of_list(endpoints: &[Endpoint]) -> Self {
        let backend = |endpoint: &Endpoint| Backend::new(endpoint.uri().to_string(), endpoint);
        let backends = endpoints.iter().map(backend).collect();
        let (_, backends) = watch::channel(Backends::Known(backends));
        Self {
            backends,
            turn: Arc::default(),
            trouble: Arc::default(),
        }
    }

    /// The servers that the host of `uri` names by `source`, now and later, connected to by
    /// `tuning`. Runs inside tokio, where a task follows the name until the last
    /// clone is dropped.
    pub(crate) fn of_name(uri: Uri, source: Source, tuning: Tuning) -> Self {
        let (sender, backends) = watch::channel(Backends::Unknown);
        let trouble = Arc::new(Notify::new());
        tokio::spawn(resolve::follow(
            Name {
                uri,
                source,
                tuning,
            },
            sender,
            Arc::clone(&trouble),
        ));
        Self {
            backends,
            turn: Arc::default(),
            trouble,
        }
    }

    /// The server whose turn it is, of those that can be reached as far as is known.
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
        let now = Instant::now();
        let in_turn = (0..backends.len()).map(|step| &backends[(turn + step) % backends.len()]);
        let mut awake = in_turn.clone().filter(|backend| !backend.rests(now));
        let picked = awake.next().or_else(|| in_turn.clone().next());
        picked
            .cloned()
            .ok_or_else(|| Status::unavailable("its name has no address"))
    }

    async fn send(mut self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let mut backend = self.pick().await?;
        let result = match backend.channel.ready().await {
            Ok(channel) => channel.call(request).await,
            Err(error) => Err(error),
        };
        match &result {
            Ok(_) => *backend.rest_mark() = None,
            Err(error) if is_of_connecting(error) => {
                *backend.rest_mark() = Some(Instant::now() + REST);
                self.trouble.notify_one();
            }
            Err(_) => {}
        }
        Ok(result?)
    }
}

fn is_of_connecting(error: &tonic::transport::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if error.is::<ConnectError>() {
            return true;
        }
        next = error.source();
    }
    false
}

impl Service<Request<Body>> for Balance {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Which server it is, and whether it is ready, is found out for each call.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}
