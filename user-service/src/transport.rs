//! The layers that every call passes, in their order, each with its why.

mod access;
mod authorization;
mod caller;
mod callers;
mod cutoff;
mod errors;
mod headers;
mod in_time;
mod peer;
mod whole_messages;

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use grpc_telemetry::rpc::ServerTraceLayer;
use http::{Request, Response};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::{Service, ServiceBuilder};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::map_request_body::MapRequestBodyLayer;

pub use self::access::{Access, KeyFileError, TokenRules};
use self::authorization::Authorization;
pub use self::authorization::Requires;
pub(crate) use self::caller::holder;
pub use self::callers::CallerLimits;
use self::callers::CallersLayer;
use self::cutoff::CutoffLayer;
pub use self::peer::PeerIdentity;
use self::whole_messages::WholeMessages;

/// A method that is served.
#[derive(Clone, Debug)]
pub struct Method {
    /// `package.Service/Method`.
    pub name: String,
    /// Whether it has one request and one response.
    pub unary: bool,
    /// What its caller has to be, where calls are authenticated.
    pub requires: Requires,
}

impl Method {
    /// The paths of those of `methods` that are unary.
    fn unary_paths(methods: &[Self]) -> HashSet<String> {
        let unary = methods.iter().filter(|method| method.unary);
        unary.map(|method| format!("/{}", method.name)).collect()
    }
}

/// What calls may take.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// Calls that are worked on at a time.
    pub in_flight: usize,
    /// How long a unary call may take, whatever its caller allows.
    pub unary: Duration,
    /// How long a stream of requests may be silent while it is waited for.
    pub silence: Duration,
    /// What one caller may take of all this.
    pub caller: CallerLimits,
}

/// In the extensions of a request: cancelled when the grace of its connection,
/// or of the server, is over.
#[derive(Clone, Debug)]
pub struct GraceOver(pub CancellationToken);

/// Puts the layers around `routes`, which serves `methods`; calls are traced by `trace`, and
/// `access` lets them in.
pub fn stack<S>(
    routes: S,
    methods: Vec<Method>,
    trace: ServerTraceLayer,
    access: Access,
    limits: CallLimits,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl HttpBody<Data = prost::bytes::Bytes, Error: Into<BoxError>> + Send>,
    Error = Status,
    Future: Send,
> + Clone
+ Send
+ 'static
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
{
    let permits = Arc::new(Semaphore::new(limits.in_flight));
    let authorization = Authorization::new(&methods);
    let callers = CallersLayer::new(&methods, authorization.clone(), limits.caller);
    let cutoff = CutoffLayer::new(&methods, limits);
    ServiceBuilder::new()
        // Streams are polled at their deadline also when their reader has stopped: the span ends then.
        .map_response(in_time::in_time)
        // The span, child of the caller's: around all that follows, so that a call that is late, refused or panics has one.
        .layer(trace)
        // Whatever went wrong inside is a complete gRPC status from here on.
        .map_result(errors::complete)
        // A panic is INTERNAL for its call and nothing for the others.
        .layer(CatchPanicLayer::custom(errors::of_panic))
        // Clients whose certificate is valid, but names nobody who may call.
        .filter(peer::is_listed)
        // Headers that HTTP/2 lets pass, but that nobody needs.
        .filter(headers::within_limit)
        // Who calls, and whether they may: cheap, and so before anything is done or reserved for them.
        .filter(move |request| access.admit(&authorization, request))
        // One caller leaves room for the others; a call counts until its last message.
        .layer(callers)
        // The deadline and the server's stop, for the whole of the call.
        .layer(cutoff)
        // Over the limit calls are refused at once instead of waiting in a line.
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::with_semaphore(permits))
        // tonic takes a stream that is cut off after the prefix of a message for a finished one.
        .layer(MapRequestBodyLayer::new(|body| {
            Body::new(WholeMessages::new(body))
        }))
        .service(routes)
}

/// Any error of a layer.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
