//! A channel to a collector whose lost connections are UNAVAILABLE, so that the export is retried.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use grpc_common::OnlyGrpc;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A channel on which a response that is not gRPC is an error that says so, and a lost
/// connection is UNAVAILABLE.
#[derive(Clone, Debug)]
pub(super) struct Checked(OnlyGrpc<Channel>);

impl Checked {
    pub(super) fn new(channel: Channel) -> Self {
        Self(OnlyGrpc::new(channel))
    }
}

/// The status of a failed export. tonic calls a broken connection UNKNOWN, because it can't tell
/// whether the call was made; an export may be sent twice.
fn status(error: BoxError) -> Status {
    match error.downcast::<Status>() {
        Ok(status) => *status,
        Err(error) => {
            let mut status = Status::unavailable("the connection is lost");
            status.set_source(Arc::from(error));
            status
        }
    }
}

impl Service<Request<Body>> for Checked {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.0.poll_ready(task).map_err(status)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let sent = self.0.call(request);
        Box::pin(async move { sent.await.map_err(status) })
    }
}
