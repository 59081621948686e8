//! The layers that every call passes, in their order, each with its why.

mod admission;
mod authentication;
mod call_layer;
mod deadline;
mod encoding;
mod errors;
mod headers;
mod identity;
mod in_flight;
mod inflate;
mod peer;
mod protocol;
mod quotas;
mod refusal;
mod truncation;

use std::convert::Infallible;
use std::time::Duration;

use grpc_telemetry::rpc::ServerTraceLayer;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::layer::layer_fn;
use tower::{Service, ServiceBuilder};

pub use self::authentication::{Authentication, IncompleteTokenRules, KeyFileError, TokenRules};
use self::call_layer::CallLayer;
pub use self::in_flight::{HeldPermit, InFlightPermit};
pub(crate) use self::inflate::encodings;
pub use self::quotas::QuotaLimits;
use crate::call::HttpService;
use crate::map_response::MapResponse;
use crate::server::RequestBody;
use crate::{ErrorDomain, Methods, Roles};

/// Limits of calls.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// Maximum calls that are in flight at a time, up to the head of their responses; further
    /// ones get RESOURCE_EXHAUSTED. One that waits for its caller does not count.
    pub in_flight: usize,
    /// The longest that a unary call may take, whatever its caller allows.
    pub unary: Duration,
    /// The longest that a stream of requests may be silent while it is waited for.
    pub silence: Duration,
    /// Whether requests may be compressed by gzip. Services need not accept it themselves.
    pub gzip: bool,
    /// What messages may be encoded in besides protobuf: `thrift` admits requests with the content type
    /// `application/grpc+thrift`, which the services have to tell apart. Others get UNIMPLEMENTED.
    pub codecs: &'static [&'static str],
    /// The most bytes that a message which was compressed may have after decompression. That of
    /// others is up to the services.
    pub inflated_bytes: usize,
    /// What one caller may take of all this.
    pub quotas: QuotaLimits,
}

impl Default for CallLimits {
    /// 1024 calls in flight, 5 s for a unary call, 5 min of silence, protobuf alone, gzip of messages up to
    /// 4 MiB, no quotas.
    fn default() -> Self {
        Self {
            in_flight: 1024,
            unary: Duration::from_secs(5),
            silence: Duration::from_secs(300),
            gzip: true,
            codecs: &[],
            // What tonic's services take of any message.
            inflated_bytes: 4 * 1024 * 1024,
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
) -> impl HttpService<RequestBody, Error = Status>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
{
    ServiceBuilder::new()
        // Streams are polled at their deadline also when their reader has stopped: the span ends then.
        .layer(layer_fn(|inner| MapResponse::new(inner, deadline::watched)))
        // The span, child of the caller's: around all that follows, so that a call that is late, refused or panics has one.
        .layer(trace)
        // Who gets in (admission.rs has the checks in their order); an in-flight permit (in_flight.rs); the deadline and the
        // server's stop, for the whole of the call; a panic is INTERNAL for its call and nothing for the others. Whatever
        // went wrong inside is a complete gRPC status from here on. The body of the request is that of call_layer/request.rs.
        .layer(CallLayer::new(policy))
        .service(routes)
}
