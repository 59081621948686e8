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

    async fn respond(self, request: Request<Body>) -> Response<Body> {
        let users = self.users;
        let service = UserServiceServer::<Grpc>::NAME;
        let path = request.uri().path().strip_prefix('/');
        let method = path.and_then(|path| path.strip_prefix(service));
        let mut response = match method {
            Some("/GetUser") => methods::get_user(users, request).await,
            Some("/CreateUser") => methods::create_user(users, request).await,
            Some("/ListUsers") => methods::list_users(users, request).await,
            Some("/CreateUsers") => methods::create_users(users, request).await,
            Some("/GetUsers") => methods::get_users(users, request).await,
            _ => status::DOMAIN.no_such_method().into_http(),
        };
        let content_type = HeaderValue::from_static(THRIFT);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
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
        let responding = self.clone().respond(request);
        Box::pin(async move { Ok(responding.await) })
    }
}
