//! One connection, without spans, retries and load balancing.

use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::body::Body;
use tonic::transport::{self, channel};
use tower::Service;

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
    type Error = transport::Error;
    type Future = channel::ResponseFuture;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), transport::Error>> {
        self.channel.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        self.token.authorize(request.headers_mut());
        self.channel.call(request)
    }
}
