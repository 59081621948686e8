//! The older version of reflection: the same messages, under another name.

use std::convert::Infallible;
use std::task::{Context, Poll};

use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic_reflection::pb::v1::server_reflection_server::ServerReflectionServer;
use tonic_reflection::pb::v1alpha::server_reflection_server as v1alpha;
use tower::Service;

use super::Reflection;

const OLD_PATH: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
const PATH: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// The service of the current version under the name of the older one.
#[derive(Clone)]
pub(super) struct V1Alpha(pub(super) ServerReflectionServer<Reflection>);

impl NamedService for V1Alpha {
    const NAME: &'static str = v1alpha::SERVICE_NAME;
}

impl Service<Request<Body>> for V1Alpha {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = <ServerReflectionServer<Reflection> as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // It is never busy.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // Another path is no method, in the older version either.
        if request.uri().path() == OLD_PATH {
            let mut parts = std::mem::take(request.uri_mut()).into_parts();
            parts.path_and_query = Some(PathAndQuery::from_static(PATH));
            *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
        }
        self.0.call(request)
    }
}
