//! One connection, without spans, retries and load balancing.

use std::task::{Context, Poll};

use grpc_telemetry::rpc::NotGrpc;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::transport;
use tower::Service;

use crate::BoxError;
use crate::attempt::ResponseFuture;
use crate::token::Token;

/// A connection to one backend of a target, whose calls carry the token but are neither
/// traced nor retried: for load generators. Clones share it.
#[derive(Clone, Debug)]
pub struct Connection {
    channel: transport::Channel,
    token: Token,
}

impl Connection {
    pub(crate) fn new(channel: transport::Channel, token: Token) -> Self {
        Self { channel, token }
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.channel.poll_ready(task).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        self.token.authorize(request.headers_mut());
        let sent = self.channel.call(request);
        Box::pin(async move { Ok(NotGrpc::check(sent.await?).map_err(Status::from)?) })
    }
}
