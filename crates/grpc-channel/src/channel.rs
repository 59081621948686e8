//! What is below all calls: a span, retries, and connections to the backends.

use std::task::{Context, Poll};

use grpc_telemetry::rpc::{ClientTraceService, KitexCall, ResponseFuture, TracedBody};
use http::{Request, Response};
use kitex_client::{Codec, HasStreams};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::attempt::{self, Attempt};
use crate::builder::Builder;
use crate::methods::Methods;
use crate::retry::Retry;
use crate::target::Target;

/// A channel to all backends of one [`Target`], to give to a client that tonic has
/// generated. Clones share its connections and its retry budget.
#[derive(Clone, Debug)]
pub struct Channel {
    layers: ClientTraceService<Retry<Attempt>>,
    kitex: Option<KitexCalls>,
}

/// What tells the calls of Kitex apart.
#[derive(Clone, Debug)]
pub(crate) struct KitexCalls {
    pub(crate) codec: Codec,
    pub(crate) methods: Methods,
}

impl KitexCalls {
    /// Says in the extensions of `request` what it is.
    fn mark(&self, request: &mut Request<Body>) {
        let has_streams = self.methods.has_streams(request.uri().path());
        let extensions = request.extensions_mut();
        if has_streams {
            extensions.insert(HasStreams);
        }
        // With streams in protobuf, it is a call of gRPC like any other.
        if !has_streams || self.codec == Codec::Thrift {
            extensions.insert(KitexCall);
        }
    }
}

impl Channel {
    /// How to call `target`.
    pub fn builder(target: Target) -> Builder {
        Builder::new(target)
    }

    pub(crate) fn new(
        layers: ClientTraceService<Retry<Attempt>>,
        kitex: Option<KitexCalls>,
    ) -> Self {
        Self { layers, kitex }
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
        if let Some(kitex) = &self.kitex {
            kitex.mark(&mut request);
        }
        self.layers.call(request)
    }
}
