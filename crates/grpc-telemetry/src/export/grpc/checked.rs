//! A channel whose responses are gRPC: an endpoint may be a proxy, or another web server.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::transport::{Channel, Error};
use tower::Service;

use crate::rpc::NotGrpc;

/// A channel on which a response that is not gRPC is an error that says so.
#[derive(Clone, Debug)]
pub(super) struct Checked(Channel);

impl Checked {
    pub(super) fn new(channel: Channel) -> Self {
        Self(channel)
    }
}

/// A connection that is not there, or broke: tonic calls the latter UNKNOWN, as it can't tell
/// whether the call was made. An export may be made twice.
fn lost(error: Error) -> Status {
    let mut status = Status::unavailable("the connection is lost");
    status.set_source(Arc::new(error));
    status
}

impl Service<Request<Body>> for Checked {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let ready = self.0.poll_ready(task);
        ready.map_err(lost)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let sent = self.0.call(request);
        Box::pin(async move {
            let response = sent.await;
            let response = response.map_err(lost)?;
            Ok(NotGrpc::check(response)?)
        })
    }
}
