//! One attempt of a call: with the caller's token, to one of the backends.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use grpc_telemetry::rpc::NotGrpc;
use http::{Extensions, Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::BoxError;
use crate::load_balancer::LoadBalancer;
use crate::token::Token;

/// Called for each attempt, inside the span of its call.
pub(crate) type Observer = fn(&Extensions);

/// The future of a response.
pub(crate) type ResponseFuture =
    Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

/// Makes one attempt of each call.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) backends: LoadBalancer,
    pub(crate) token: Token,
    pub(crate) observer: Option<Observer>,
}

impl Service<Request<Body>> for Attempt {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Which backend it is, and whether it is ready, is found out for each call.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(observer) = self.observer {
            observer(request.extensions());
        }
        self.token.authorize(request.headers_mut());
        Box::pin(send(self.backends.clone(), request))
    }
}

/// Sends `request`; a response that is not gRPC is an error, before its body is read as messages.
async fn send(backends: LoadBalancer, request: Request<Body>) -> Result<Response<Body>, BoxError> {
    let response = backends.send(request).await?;
    Ok(NotGrpc::check(response).map_err(Status::from)?)
}
