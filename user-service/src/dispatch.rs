//! Which service a call is for.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::Either;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use kitex_server::THRIFT;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::server::NamedService;
use tonic::service::Routes;
use tower::Service;
use user_proto::v1::user_service_server::UserServiceServer;

use crate::grpc::Grpc;
use crate::thrift::Thrift;

/// Sends calls of users straight to their service, and all others (health,
/// reflection, unknown ones) through the router, which costs more for each call.
#[derive(Clone)]
pub struct Dispatch {
    users: UserServiceServer<Grpc>,
    /// None where it is not served.
    thrift: Option<Thrift>,
    others: Routes,
}

impl Dispatch {
    /// Prefers `users` to `others`; calls in Thrift get what they ask for if there is to be `thrift`.
    pub fn new(users: Grpc, thrift: bool, others: Routes) -> Self {
        let users = Arc::new(users);
        Self {
            thrift: thrift.then(|| Thrift::new(Arc::clone(&users))),
            users: users.server(),
            others,
        }
    }
}

impl Service<Request<Body>> for Dispatch {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future =
        Either<BoxFuture<Response<Body>, Infallible>, <Routes as Service<Request<Body>>>::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // None is ever busy.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if !is_of(UserServiceServer::<Grpc>::NAME, request.uri().path()) {
            return Either::Right(self.others.call(request));
        }
        Either::Left(match &mut self.thrift {
            Some(thrift) if is_thrift(&request) => thrift.call(request),
            _ => self.users.call(request),
        })
    }
}

/// Whether `path` names a method of `service`.
fn is_of(service: &str, path: &str) -> bool {
    let rest = path
        .strip_prefix('/')
        .and_then(|it| it.strip_prefix(service));
    rest.is_some_and(|rest| rest.starts_with('/'))
}

fn is_thrift(request: &Request<Body>) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE);
    content_type.is_some_and(|content_type| content_type == THRIFT)
}
