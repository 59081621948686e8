//! The calls in Thrift: those of [`Grpc`], with messages that `user_proto` converts.

mod methods;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use kitex_server::THRIFT;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::server::NamedService;
use tower::Service;
use user_proto::v1::user_service_server::UserServiceServer;

use crate::grpc::Grpc;
use crate::status;

/// `UserService` of `user.thrift`.
#[derive(Clone)]
pub struct Thrift {
    users: Arc<Grpc>,
}

impl Thrift {
    /// The same calls as `users` has.
    pub(crate) fn new(users: Arc<Grpc>) -> Self {
        Self { users }
    }
}

impl Service<Request<Body>> for Thrift {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // It is never busy.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let users = Arc::clone(&self.users);
        match method(request.uri().path()) {
            // The future of a stream is large, and not for these.
            Some("/GetUser") => {
                let body = request.into_body();
                Box::pin(async move { in_thrift(methods::get_user(users, body).await) })
            }
            Some("/CreateUser") => {
                let body = request.into_body();
                Box::pin(async move { in_thrift(methods::create_user(users, body).await) })
            }
            _ => Box::pin(async move { in_thrift(stream(users, request).await) }),
        }
    }
}

/// The method that `path` names, after a slash, if it is one of the service.
fn method(path: &str) -> Option<&str> {
    let path = path.strip_prefix('/')?;
    path.strip_prefix(UserServiceServer::<Grpc>::NAME)
}

async fn stream(users: Arc<Grpc>, request: Request<Body>) -> Response<Body> {
    match method(request.uri().path()) {
        Some("/ListUsers") => methods::list_users(users, request).await,
        Some("/CreateUsers") => methods::create_users(users, request).await,
        Some("/GetUsers") => methods::get_users(users, request).await,
        _ => status::DOMAIN.no_such_method().into_http(),
    }
}

fn in_thrift(mut response: Response<Body>) -> Result<Response<Body>, Infallible> {
    let content_type = HeaderValue::from_static(THRIFT);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(response)
}
