//! What is below all calls: a span, retries, and connections to the backends.

use std::task::{Context, Poll};

use grpc_telemetry::rpc::{ClientTraceService, KitexCall, ResponseFuture, TracedBody};
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
pub struct Channel {
    layers: ClientTraceService<Retry<Attempt>>,
    /// Whether calls are those of Kitex.
    is_kitex: bool,
}

impl Channel {
    /// How to call `target`.
    pub fn builder(target: Target) -> Builder {
        Builder::new(target)
    }

    pub(crate) fn new(layers: ClientTraceService<Retry<Attempt>>, is_kitex: bool) -> Self {
        Self { layers, is_kitex }
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<TracedBody<Body>>;
    type Error = Status;
    type Future = ResponseFuture<attempt::ResponseFuture>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.layers.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if self.is_kitex {
            request.extensions_mut().insert(KitexCall);
        }
        self.layers.call(request)
    }
}
