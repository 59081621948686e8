//! Responses that have to be gRPC: of an endpoint that may be a proxy, or another web server.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;
use tonic::client::GrpcService;
use tower::Service;

use crate::NotGrpc;

/// A channel on which a response that is not gRPC is an error that says so ([`NotGrpc`]). Without
/// it, tonic reads a page of HTML as messages.
#[derive(Clone, Debug)]
pub struct OnlyGrpc<S>(S);

impl<S> OnlyGrpc<S> {
    /// Checks the responses of `channel`.
    pub fn new(channel: S) -> Self {
        Self(channel)
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<S, B> Service<Request<B>> for OnlyGrpc<S>
where
    S: GrpcService<B, Error: Into<BoxError>, Future: Send + 'static>,
    S::ResponseBody: 'static,
{
    type Response = Response<S::ResponseBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(task).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let sent = self.0.call(request);
        Box::pin(async move {
            let response = sent.await.map_err(Into::into)?;
            Ok(NotGrpc::check(response).map_err(Status::from)?)
        })
    }
}
