//! Which service a call is for.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use grpc_server::unary;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use kitex_server::THRIFT;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::server::NamedService;
use tonic::service::Routes;
use tower::Service;
use user_proto::v1::user_service_server::UserServiceServer;

use crate::grpc::{Grpc, MAX_REQUEST_BYTES};
use crate::thrift::Thrift;

/// Sends calls of users straight to their service, and all others (health,
/// reflection, unknown ones) through the router, which costs more for each call.
#[derive(Clone)]
pub struct Dispatch(Arc<Services>);

/// Shared, as the server clones its service for each call.
struct Services {
    users: Arc<Grpc>,
    /// The same, for its streams.
    streams: UserServiceServer<Grpc>,
    /// None where it is not served.
    thrift: Option<Thrift>,
    others: Routes,
}

impl Dispatch {
    /// Prefers `users` to `others`; calls in Thrift get what they ask for if there is to be `thrift`.
    pub fn new(users: Grpc, thrift: bool, others: Routes) -> Self {
        let users = Arc::new(users);
        Self(Arc::new(Services {
            thrift: thrift.then(|| Thrift::new(Arc::clone(&users))),
            streams: Arc::clone(&users).server(),
            users,
            others,
        }))
    }
}

impl Service<Request<Body>> for Dispatch {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // None is ever busy.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self(services) = self;
        if let Some(thrift) = &services.thrift
            && is_thrift(&request)
        {
            return thrift.clone().call(request);
        }
        let Some(method) = method_of(UserServiceServer::<Grpc>::NAME, request.uri().path()) else {
            // Larger than the rest of a call, which would be copied with it.
            return Box::pin(services.others.clone().call(request));
        };
        let users = Arc::clone(&services.users);
        match method {
            "GetUser" => {
                let body = request.into_body();
                Box::pin(async move {
                    let get = |message| users.get(message);
                    Ok(unary(body, MAX_REQUEST_BYTES, get).await)
                })
            }
            "CreateUser" => {
                let body = request.into_body();
                Box::pin(async move {
                    let create = |message| users.create(message);
                    Ok(unary(body, MAX_REQUEST_BYTES, create).await)
                })
            }
            _ => services.streams.clone().call(request),
        }
    }
}

/// The method of `service` that `path` names, if it is of that.
fn method_of<'a>(service: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix('/')?.strip_prefix(service)?;
    rest.strip_prefix('/')
}

fn is_thrift(request: &Request<Body>) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE);
    content_type.is_some_and(|content_type| content_type == THRIFT)
}
