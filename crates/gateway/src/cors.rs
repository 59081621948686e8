//! Cross-origin requests (CORS): pages of other origins, by a list.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use tonic::body::Body;

/// What pages may send.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, baggage, connect-protocol-version, connect-timeout-ms, content-type, \
     grpc-timeout, idempotency-key, traceparent, tracestate, x-grpc-web, x-request-timeout, \
     x-user-agent",
);
/// What pages may read.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "grpc-message, grpc-status, grpc-status-details-bin, retry-after, server-timing, traceresponse",
);
/// How long a browser may remember this, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// The origins whose pages may send requests; none by default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cors {
    origins: Vec<String>,
    methods: Option<HeaderValue>,
}

impl Cors {
    /// Those in `origins`, as browsers write them; requests have these `verbs`.
    pub(crate) fn new<'a>(origins: &[String], verbs: impl Iterator<Item = &'a Method>) -> Self {
        let mut verbs: Vec<_> = verbs.map(Method::as_str).chain(["POST"]).collect();
        verbs.sort_unstable();
        verbs.dedup();
        Self {
            origins: origins.to_vec(),
            methods: HeaderValue::from_str(&verbs.join(", ")).ok(),
        }
    }

    /// The origin of a request, if its pages may send it.
    pub(crate) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        let is_listed = self
            .origins
            .iter()
            .any(|it| it.as_bytes() == origin.as_bytes());
        is_listed.then(|| origin.clone())
    }

    /// The response to `request`, if it is a CORS preflight request.
    pub(crate) fn preflight<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let asks = request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if request.method() != Method::OPTIONS || !asks {
            return None;
        }
        self.allowed(request.headers())?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone()?);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        Some(response)
    }

    /// Lets pages of `origin`, which is allowed, read a response with these `headers`.
    pub(crate) fn allow(&self, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
        if !self.origins.is_empty() {
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }
}
