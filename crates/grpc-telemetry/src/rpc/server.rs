//! The server's half: one SERVER span per call.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::{Request, Response};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use tonic::Status;
use tower::{Layer, Service};

use super::body::TracedBody;
use super::call::{Call, Calls};
use super::code::{Side, of_transport};
use super::future::ResponseFuture;
use super::request::MeteredBody;
use crate::interceptor::Incoming;
use crate::metrics::Methods;
use crate::names;

/// The longest unknown method that a span repeats, in bytes: callers choose it.
const MAX_METHOD_LENGTH: usize = 128;

/// The address of the caller, which the connection layer puts into the extensions of a request.
#[derive(Clone, Debug)]
pub struct PeerAddress {
    address: SocketAddr,
    /// That of its host, written once for all spans of a connection.
    text: Arc<str>,
}

impl PeerAddress {
    /// That of a caller at `address`.
    pub fn new(address: SocketAddr) -> Self {
        let text = address.ip().to_string().into();
        Self { address, text }
    }

    /// The address of the host.
    pub fn ip(&self) -> IpAddr {
        self.address.ip()
    }
}

/// Makes a SERVER span of each call and makes it the current one for what is
/// inside. Its parent is what the interceptor
/// [`Extract`](crate::interceptor::Extract), outside of it, has read.
#[derive(Clone, Debug)]
pub struct ServerTraceLayer {
    calls: Arc<Calls>,
    methods: Arc<Methods>,
}

impl ServerTraceLayer {
    /// A layer for a server with these methods, as `package.Service/Method`;
    /// calls of any other are traced as unknown. Start telemetry first.
    pub fn new(methods: impl IntoIterator<Item = String>) -> Self {
        Self {
            calls: Arc::new(Calls::new(Side::Server)),
            methods: Arc::new(Methods::new(Side::Server, methods)),
        }
    }

    fn start<B>(&self, request: &Request<B>) -> Call {
        let path = request.uri().path();
        let method = path.strip_prefix('/').unwrap_or(path);
        let known = self.methods.get(method);
        let incoming = request.extensions().get::<Incoming>();
        let known_name = known.as_ref().map(|known| known.name());
        let attributes = || attributes(request, method, known_name, incoming);
        let metrics = known.unwrap_or_else(|| self.methods.unknown());
        let root = Context::new();
        let parent = incoming.map_or(&root, |incoming| &incoming.parent);
        let call = self.calls.start(parent, metrics, attributes);
        if let Some(caller) = incoming.and_then(|incoming| incoming.link.as_ref()) {
            let span = call.context().span();
            span.add_link(caller.clone(), Vec::new());
        }
        call
    }
}

/// What the span of a call says from its start.
fn attributes<B>(
    request: &Request<B>,
    method: &str,
    known: Option<&'static str>,
    incoming: Option<&Incoming>,
) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(6);
    attributes.push(KeyValue::new(names::RPC_SYSTEM_NAME, "grpc"));
    if let Some(known) = known {
        attributes.push(KeyValue::new(names::RPC_METHOD, known));
    } else {
        attributes.push(KeyValue::new(names::RPC_METHOD, names::UNKNOWN_METHOD));
        attributes.push(KeyValue::new(names::RPC_METHOD_ORIGINAL, harmless(method)));
    }
    if let Some(PeerAddress { address, text }) = request.extensions().get() {
        let (host, port) = (Arc::clone(text), i64::from(address.port()));
        attributes.push(KeyValue::new(names::NETWORK_PEER_ADDRESS, host));
        attributes.push(KeyValue::new(names::NETWORK_PEER_PORT, port));
    }
    if let Some(incoming) = incoming {
        attributes.extend_from_slice(&incoming.attributes);
    }
    attributes
}

/// The beginning of what an unknown caller calls a method, with `?` for all that
/// is in no method's name: whoever reads telemetry must not be made to act on it.
fn harmless(method: &str) -> String {
    let known = |it: char| match it {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '/' | '_' => it,
        _ => '?',
    };
    method.chars().take(MAX_METHOD_LENGTH).map(known).collect()
}

impl<S> Layer<S> for ServerTraceLayer {
    type Service = ServerTraceService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ServerTraceService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`ServerTraceLayer`].
#[derive(Clone, Debug)]
pub struct ServerTraceService<S> {
    inner: S,
    layer: ServerTraceLayer,
}

impl<S, A, B> Service<Request<A>> for ServerTraceService<S>
where
    S: Service<Request<MeteredBody<A>>, Response = Response<B>>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<TracedBody<B>>;
    type Error = Status;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), Status>> {
        self.inner
            .poll_ready(task)
            .map_err(|error| of_transport(error.into()))
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let call = self.layer.start(&request);
        let request = request.map(|body| MeteredBody::new(body, call.request_meter()));
        let _current = call.context().clone().attach();
        ResponseFuture::new(self.inner.call(request), call)
    }
}
