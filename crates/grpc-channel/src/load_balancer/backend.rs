//! One server behind a target, and what is known of all of them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grpc_common::causes;
use http::{Request, Response};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, ConnectError, Status};

use super::outlier::{Outcome, Outlier};
use super::rotation;
use crate::BoxError;
use crate::endpoint::{BackendEndpoint, BackendTransport, SilentServer};
use crate::resolver::Share;

/// What is known of the servers.
#[derive(Clone, Debug)]
pub(super) enum Backends {
    /// Nothing yet.
    Unknown,
    /// Why there are none.
    Unresolved(String),
    /// These, at least one.
    Known(Arc<Rotation>),
}

/// Some backends, and the order of their turns.
#[derive(Debug, Default)]
pub(super) struct Rotation {
    backends: Vec<Backend>,
    /// Indexes of `backends`, each as often as its weight says.
    all: Vec<usize>,
    /// The same of those that are near.
    near: Vec<usize>,
}

impl Rotation {
    /// `backends`, each with its share.
    pub(super) fn new(backends: Vec<(Backend, Share)>) -> Self {
        let (backends, shares): (Vec<_>, Vec<_>) = backends.into_iter().unzip();
        Self {
            all: turns(&shares, |_| true),
            near: turns(&shares, |share| share.is_near),
            backends,
        }
    }

    /// All backends.
    pub(super) fn backends(&self) -> &[Backend] {
        &self.backends
    }

    /// The near backend whose turn it is, or the next one that is not ejected. If all of them
    /// are ejected, the same of all backends.
    pub(super) fn pick(&self, turn: usize, now: Instant) -> Option<&Backend> {
        let near = self.in_turn(&self.near, turn);
        let mut preferred = near.chain(self.in_turn(&self.all, turn));
        let preferred = preferred.find(|backend| !backend.is_ejected(now));
        preferred.or_else(|| self.in_turn(&self.all, turn).next())
    }

    /// The backends of `order`, from the one whose turn it is.
    fn in_turn<'a>(&'a self, order: &'a [usize], turn: usize) -> impl Iterator<Item = &'a Backend> {
        let turns = order.len();
        (0..turns).map(move |step| &self.backends[order[(turn + step) % turns]])
    }
}

/// The order of the turns of those `shares` that are `wanted`, as indexes.
fn turns(shares: &[Share], wanted: fn(&Share) -> bool) -> Vec<usize> {
    let of_all = shares.iter().enumerate();
    let (indexes, weights): (Vec<_>, Vec<_>) = of_all
        .filter(|(_, share)| wanted(share))
        .map(|(index, share)| (index, share.weight))
        .unzip();
    let order = rotation::order(&weights).into_iter();
    order.map(|turn| indexes[turn]).collect()
}

/// One server. Clones share its connection.
#[derive(Clone, Debug)]
pub(super) struct Backend {
    address: String,
    peer: Option<SocketAddr>,
    transport: BackendTransport,
    outlier: Arc<Mutex<Outlier>>,
}

impl Backend {
    /// The server at `address`, connected to with the first call by `endpoint`.
    pub(super) fn new(address: String, endpoint: &BackendEndpoint) -> Self {
        Self {
            peer: peer(&address),
            address,
            transport: endpoint.connect_lazy(),
            outlier: Arc::default(),
        }
    }

    /// Where it is, as its resolver has it.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The same as an address; none if it is a name.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Whether others are to be preferred.
    pub(super) fn is_ejected(&self, now: Instant) -> bool {
        self.outlier().is_ejected(now)
    }

    /// Sends `request`, and notes how the backend fares with it.
    pub(super) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let result = self.transport.send(request).await;
        self.outlier().record(outcome(&result), Instant::now());
        result
    }

    fn outlier(&self) -> MutexGuard<'_, Outlier> {
        self.outlier.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address in `address`, which may be a URL; none if it is a name.
fn peer(address: &str) -> Option<SocketAddr> {
    let authority = address.split_once("://").map_or(address, |(_, rest)| rest);
    authority.trim_end_matches('/').parse().ok()
}

/// How a backend fared with a call, as far as the head of the response says.
fn outcome(result: &Result<Response<Body>, BoxError>) -> Outcome {
    match result {
        Err(error) if is_of_connecting(error) => Outcome::Unconnected,
        Err(_) => Outcome::Failed,
        Ok(response) => match Status::from_header_map(response.headers()) {
            Some(status) if status.code() == Code::Unavailable => Outcome::Failed,
            _ => Outcome::Responded,
        },
    }
}

/// Whether `error` says that there is no connection, or one on which the server never spoke.
pub(super) fn is_of_connecting(error: &BoxError) -> bool {
    causes(error.as_ref()).any(|it| it.is::<ConnectError>() || it.is::<SilentServer>())
}
