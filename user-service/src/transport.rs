//! The layers that every call passes, in their order, each with its why.

mod cutoff;
mod errors;
mod whole_messages;

use std::sync::Arc;

use http::{Request, Response};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use telemetry::interceptor::Extract;
use telemetry::rpc::ServerTraceLayer;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::service::{InterceptorLayer, Routes};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::{Service, ServiceBuilder};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::map_request_body::MapRequestBodyLayer;

use self::cutoff::CutoffLayer;
use self::whole_messages::WholeMessages;

/// Puts the layers around `routes`, which serve `methods`; the trace context is read as
/// `caller` says, at most `max_in_flight` calls are worked on at a time, and none goes on once
/// `grace_over` is cancelled.
pub fn stack(
    routes: Routes,
    methods: impl IntoIterator<Item = String>,
    caller: Extract,
    max_in_flight: usize,
    grace_over: CancellationToken,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl HttpBody<Data = prost::bytes::Bytes, Error: Into<BoxError>> + Send>,
    Error = Status,
    Future: Send,
> + Clone
+ Send
+ 'static {
    let permits = Arc::new(Semaphore::new(max_in_flight));
    ServiceBuilder::new()
        // Reads the caller's trace context, for the span.
        .layer(InterceptorLayer::new(caller))
        // The span: around all that follows, so that a call that is late, refused or panics has one.
        .layer(ServerTraceLayer::new(methods))
        // Whatever went wrong inside is a complete gRPC status from here on.
        .map_result(errors::complete)
        // A panic is INTERNAL for its call and nothing for the others.
        .layer(CatchPanicLayer::custom(errors::of_panic))
        // The caller's deadline and the server's stop, for the whole of the call.
        .layer(CutoffLayer::new(grace_over))
        // Over the limit calls are refused at once instead of waiting in a line.
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::with_semaphore(permits))
        // tonic takes a stream that is cut off after the prefix of a message for a finished one.
        .layer(MapRequestBodyLayer::new(WholeMessages::new))
        .service(routes)
}

/// Any error of a layer.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
