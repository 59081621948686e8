//! The unary calls in Thrift: those of [`Grpc`], with messages that `user_proto` converts.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use kitex_server::ThriftCodec;
use tonic::body::Body;
use tonic::codec::Codec;
use tonic::codegen::BoxFuture;
use tonic::server::{NamedService, UnaryService};
use tower::{Service, service_fn};
use user_proto::v1::user_service_server::{UserService, UserServiceServer};
use user_proto::v1::{CreateUserRequest, CreateUserResponse, GetUserRequest, GetUserResponse};

use crate::grpc::{Grpc, MAX_REQUEST_BYTES};
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
        match method {
            Some("/GetUser") => {
                let get = |request| {
                    let users = Arc::clone(&users);
                    async move { users.get_user(request).await }
                };
                let codec = ThriftCodec::<GetUserResponse, GetUserRequest>::new(status::DOMAIN);
                unary(codec, service_fn(get), request).await
            }
            Some("/CreateUser") => {
                let create = |request| {
                    let users = Arc::clone(&users);
                    async move { users.create_user(request).await }
                };
                let codec =
                    ThriftCodec::<CreateUserResponse, CreateUserRequest>::new(status::DOMAIN);
                unary(codec, service_fn(create), request).await
            }
            _ => status::DOMAIN.no_such_method().into_http(),
        }
    }
}

async fn unary<C: Codec>(
    codec: C,
    service: impl UnaryService<C::Decode, Response = C::Encode>,
    request: Request<Body>,
) -> Response<Body> {
    let grpc = tonic::server::Grpc::new(codec);
    let mut grpc = grpc.max_decoding_message_size(MAX_REQUEST_BYTES);
    grpc.unary(service, request).await
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
