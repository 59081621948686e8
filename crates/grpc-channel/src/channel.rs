//! What is below all calls: a span, retries, and connections to the backends.

use std::task::{Context, Poll};

use grpc_telemetry::rpc::{ClientTraceService, ResponseFuture, TracedBody};
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::attempt::{self, Attempt};
use crate::builder::Builder;
use crate::retry::Retry;
use crate::target::Target;

/// A channel to all backends of one [`Target`], to give to a client that tonic has
/// generated. Clones share its connections and its retry budget.
#[derive(Clone, Debug)]
pub struct Channel(ClientTraceService<Retry<Attempt>>);

impl Channel {
    /// How to call `target`.
    pub fn builder(target: Target) -> Builder {
        Builder::new(target)
    }

    pub(crate) fn new(layers: ClientTraceService<Retry<Attempt>>) -> Self {
        Self(layers)
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<TracedBody<Body>>;
    type Error = Status;
    type Future = ResponseFuture<attempt::ResponseFuture>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}
