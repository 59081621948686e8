//! Which service a call is for.

use std::convert::Infallible;
use std::task::{Context, Poll};

use futures_util::future::Either;
use http::{Request, Response};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tower::Service;
use user_proto::v1::user_service_server::UserServiceServer;

use super::Grpc;

/// Sends calls of users straight to their service, and all others (health,
/// reflection, unknown ones) through the router, which costs more for each call.
#[derive(Clone)]
pub struct Dispatch {
    users: UserServiceServer<Grpc>,
    others: Routes,
}

impl Dispatch {
    /// Prefers `users` to `others`.
    pub fn new(users: UserServiceServer<Grpc>, others: Routes) -> Self {
        Self { users, others }
    }
}

impl Service<Request<Body>> for Dispatch {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<
        <UserServiceServer<Grpc> as Service<Request<Body>>>::Future,
        <Routes as Service<Request<Body>>>::Future,
    >;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Neither is ever busy.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if is_of(UserServiceServer::<Grpc>::NAME, request.uri().path()) {
            return Either::Left(self.users.call(request));
        }
        Either::Right(self.others.call(request))
    }
}

/// Whether `path` names a method of `service`.
fn is_of(service: &str, path: &str) -> bool {
    let rest = path
        .strip_prefix('/')
        .and_then(|it| it.strip_prefix(service));
    rest.is_some_and(|rest| rest.starts_with('/'))
}
