//! One backend, without spans, retries and load balancing.

use std::task::{Context, Poll};

use grpc_telemetry::rpc::NotGrpc;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::BoxError;
use crate::attempt::ResponseFuture;
use crate::endpoint::BackendTransport;
use crate::token::Token;

/// Connections to one backend of a target, whose calls carry the token but are neither traced nor
/// retried: for load generators. For gRPC each runtime that calls has one; in Kitex's protocols each
/// unary call has one of its own while it is in flight. Clones share them.
#[derive(Clone, Debug)]
pub struct Connection {
    backend: BackendTransport,
    token: Token,
}

impl Connection {
    pub(crate) fn new(backend: BackendTransport, token: Token) -> Self {
        Self { backend, token }
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Each call waits for its own turn.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        self.token.authorize(request.headers_mut());
        let backend = self.backend.clone();
        Box::pin(async move {
            let response = backend.send(request).await?;
            Ok(NotGrpc::check(response).map_err(Status::from)?)
        })
    }
}
