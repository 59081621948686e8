//! Kitex clients that call over gRPC, with a protobuf IDL or a Thrift one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use grpc_telemetry::rpc::KitexCall;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use pin_project_lite::pin_project;
use tower::Service;

use crate::request::THRIFT;
use crate::service::KitexService;
use crate::trailers::BusinessErrors;

/// A service of gRPC for Kitex clients as well. A call in Thrift names the service as the Thrift IDL
/// does, with its Go namespace as the package: it gets the path that it has in gRPC. Its client, and with
/// `is_for_kitex` any other, can read business errors: INVALID_ARGUMENT, NOT_FOUND and
/// ALREADY_EXISTS, which circuit breakers of Kitex then don't count.
#[derive(Clone, Debug)]
pub struct OverGrpc<S> {
    inner: S,
    service: KitexService,
    is_for_kitex: bool,
}

impl<S> OverGrpc<S> {
    /// `inner` has the methods of `service`, whose Thrift IDL is served if `service` says so.
    pub fn new(inner: S, service: KitexService, is_for_kitex: bool) -> Self {
        Self {
            inner,
            service,
            is_for_kitex,
        }
    }
}

impl<S, A, B> Service<Request<A>> for OverGrpc<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<BusinessErrors<B>>;
    type Error = S::Error;
    type Future = OverGrpcFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let is_thrift = match thrift_path(&self.service, &request) {
            Some(path) => {
                let uri = std::mem::take(request.uri_mut());
                *request.uri_mut() = with_path(uri, path);
                request.extensions_mut().insert(KitexCall);
                true
            }
            None => false,
        };
        OverGrpcFuture {
            inner: self.inner.call(request),
            is_for_kitex: self.is_for_kitex || is_thrift,
        }
    }
}

/// The path in gRPC of a call in Thrift, whatever its package, as for Kitex's server; none for calls
/// that have the path of gRPC, which cost one comparison.
fn thrift_path<A>(service: &KitexService, request: &Request<A>) -> Option<PathAndQuery> {
    let path = request.uri().path().strip_prefix('/')?;
    if path.starts_with(service.grpc_name) || !service.thrift {
        return None;
    }
    let (named, method) = path.split_once('/')?;
    let (_, name) = named.rsplit_once('.').unwrap_or(("", named));
    let content_type = request.headers().get(CONTENT_TYPE)?;
    if name != service.name || content_type != THRIFT {
        return None;
    }
    let path = format!("/{}/{method}", service.grpc_name);
    PathAndQuery::from_maybe_shared(Bytes::from(path)).ok()
}

/// `uri` with another path.
fn with_path(uri: Uri, path: PathAndQuery) -> Uri {
    let mut parts = uri.into_parts();
    parts.path_and_query = Some(path.clone());
    Uri::from_parts(parts).unwrap_or_else(|_| Uri::from(path))
}

pin_project! {
    /// The response of [`OverGrpc`].
    #[derive(Debug)]
    pub struct OverGrpcFuture<F> {
        #[pin]
        inner: F,
        is_for_kitex: bool,
    }
}

impl<F, B, E> Future for OverGrpcFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<BusinessErrors<B>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // `?` would copy the response twice.
        match ready!(this.inner.poll(task)) {
            Ok(response) => Poll::Ready(Ok(BusinessErrors::of(*this.is_for_kitex, response))),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: KitexService = KitexService {
        name: "Orders",
        grpc_name: "orders.v1.Orders",
        thrift: true,
        protobuf: true,
    };

    /// The path of a call in gRPC, if it is one in Thrift.
    fn path_of(service: &KitexService, uri: &str, content_type: &str) -> Option<String> {
        let request = Request::post(uri).header(CONTENT_TYPE, content_type);
        let path = thrift_path(service, &request.body(()).unwrap())?;
        Some(with_path(uri.parse().unwrap(), path).to_string())
    }

    #[test]
    fn calls_in_thrift_get_the_path_of_grpc() {
        for service in ["Orders", "orders.Orders", "shop.orders.Orders"] {
            let uri = format!("http://orders/{service}/Get");
            let path = path_of(&ORDERS, &uri, THRIFT);
            assert_eq!(path.unwrap(), "http://orders/orders.v1.Orders/Get");
        }
    }

    #[test]
    fn all_other_calls_keep_their_path() {
        let off = KitexService {
            thrift: false,
            ..ORDERS
        };
        assert_eq!(path_of(&off, "http://orders/Orders/Get", THRIFT), None);
        for (uri, content_type) in [
            ("http://orders/Orders/Get", "application/grpc"),
            ("http://orders/Orders/Get", "application/grpc+proto"),
            ("http://orders/orders.v1.Orders/Get", THRIFT),
            ("http://orders/Orders2/Get", THRIFT),
            ("http://orders/orders.MyOrders/Get", THRIFT),
            ("http://orders/Orders", THRIFT),
            ("http://orders/", THRIFT),
        ] {
            assert_eq!(path_of(&ORDERS, uri, content_type), None, "{uri}");
        }
    }
}
