//! The layers that every call passes, in their order, each with its why.

mod authentication;
mod deadline;
mod errors;
mod headers;
mod identity;
mod in_time;
mod peer;
mod quotas;
mod refusal;
mod truncation;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use grpc_telemetry::rpc::ServerTraceLayer;
use http::{Request, Response};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use prost::bytes::Bytes;
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::{Service, ServiceBuilder};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::map_request_body::MapRequestBodyLayer;

pub use self::authentication::{Authentication, KeyFileError, TokenRules};
use self::deadline::DeadlineLayer;
use self::quotas::QuotaLayer;
pub use self::quotas::QuotaLimits;
use self::refusal::Refusals;
use self::truncation::WholeMessages;
use crate::call::BoxError;
use crate::{ErrorDomain, Methods, Roles};

/// Limits of calls.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// Maximum calls in flight; further ones get RESOURCE_EXHAUSTED.
    pub in_flight: usize,
    /// The longest that a unary call may take, whatever its caller allows.
    pub unary: Duration,
    /// The longest that a stream of requests may be silent while it is waited for.
    pub silence: Duration,
    /// What one caller may take of all this.
    pub quotas: QuotaLimits,
}

impl Default for CallLimits {
    /// 1024 calls in flight, 5 s for a unary call, 5 min of silence, no quotas.
    fn default() -> Self {
        Self {
            in_flight: 1024,
            unary: Duration::from_secs(5),
            silence: Duration::from_secs(300),
            quotas: QuotaLimits::default(),
        }
    }
}

/// How calls of a service are treated.
#[derive(Clone)]
pub struct Policy {
    /// What is served. Calls of other methods count as streams, and are traced as unknown.
    pub methods: Methods,
    /// What each method requires of its caller.
    pub roles: Roles,
    /// Whose calls are taken.
    pub authentication: Authentication,
    /// Limits of calls.
    pub limits: CallLimits,
    /// What makes the errors.
    pub error_domain: ErrorDomain,
    /// What the names of the metrics begin with, which is also their scope: `orders` gives
    /// `orders.calls.refused`.
    pub metric_prefix: &'static str,
}

/// Puts the layers around `routes` as `policy` says; calls are traced by `trace`.
pub fn stack<S>(
    routes: S,
    policy: Policy,
    trace: ServerTraceLayer,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl HttpBody<Data = Bytes, Error: Into<BoxError>> + Send>,
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
    let Policy {
        methods,
        roles,
        authentication,
        limits,
        error_domain,
        metric_prefix,
    } = policy;
    let permits = Arc::new(Semaphore::new(limits.in_flight));
    let refusals = Refusals::new(error_domain, metric_prefix);
    let quotas = QuotaLayer::new(
        methods.clone(),
        roles.clone(),
        refusals.clone(),
        limits.quotas,
    );
    let deadline = DeadlineLayer::new(methods, limits, error_domain);
    ServiceBuilder::new()
        // Streams are polled at their deadline also when their reader has stopped: the span ends then.
        .map_response(in_time::in_time)
        // The span, child of the caller's: around all that follows, so that a call that is late, refused or panics has one.
        .layer(trace)
        // Whatever went wrong inside is a complete gRPC status from here on.
        .map_result(move |result| errors::complete(error_domain, result))
        // A panic is INTERNAL for its call and nothing for the others.
        .layer(CatchPanicLayer::custom(move |panic| {
            errors::of_panic(error_domain, panic)
        }))
        // Clients whose certificate is valid, but names nobody who may call.
        .filter(move |request| peer::is_listed(error_domain, request))
        // Headers that HTTP/2 lets pass, but that nobody needs.
        .filter(move |request| headers::within_limit(error_domain, request))
        // Who calls, and whether they may: cheap, and so before anything is done or reserved for them.
        .filter(move |request| authentication.admit(&roles, &refusals, request))
        // One caller leaves room for the others; a call counts until its last message.
        .layer(quotas)
        // The deadline and the server's stop, for the whole of the call.
        .layer(deadline)
        // Over the limit calls are refused at once instead of queued.
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::with_semaphore(permits))
        // tonic takes a stream that is cut off after the prefix of a message for a finished one.
        .layer(MapRequestBodyLayer::new(|body| {
            Body::new(WholeMessages::new(body))
        }))
        .service(routes)
}
