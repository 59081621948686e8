//! The client's half: one CLIENT span per call.

use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::{Request, Response, Uri};
use opentelemetry::{Context, KeyValue};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use super::body::TracedBody;
use super::call::{Call, Calls};
use super::call_state::Details;
use super::code::{Side, of_transport};
use super::future::ResponseFuture;
use super::methods::Methods;
use super::request::MeteredBody;
use super::settings::Settings;
use super::system::{System, system_of, without_package};
use crate::names;
use crate::propagation::Propagator;
use crate::spans::{Recording, SpanProvider};

/// Makes a CLIENT span of each call, child of the current context, makes it the
/// current one for what is inside, and sends it along in the headers.
/// [`Telemetry::client`](crate::Telemetry::client) puts it around a channel.
#[derive(Clone, Debug)]
pub struct ClientTraceLayer {
    calls: Arc<Calls>,
    methods: Arc<Methods>,
    /// The same, of calls of Kitex.
    kitex: Arc<Methods>,
    /// `server.address` and `server.port`: the target as it was configured.
    target: Arc<[KeyValue]>,
    propagator: Propagator,
}

impl ClientTraceLayer {
    /// A layer for calls to `target`, once telemetry was started.
    pub(crate) fn new(provider: Option<&SpanProvider>, target: &Uri, settings: Settings) -> Self {
        let port = target.port_u16().unwrap_or_else(|| default_port(target));
        let address = target.host().unwrap_or_default().to_owned();
        let target = [
            KeyValue::new(names::SERVER_ADDRESS, address),
            KeyValue::new(names::SERVER_PORT, i64::from(port)),
        ];
        Self {
            calls: Arc::new(Calls::new(provider, Side::Client, settings)),
            methods: Arc::new(Methods::new(
                Side::Client,
                System::Grpc,
                settings,
                &target,
                [],
            )),
            kitex: Arc::new(Methods::new(
                Side::Client,
                System::Kitex,
                settings,
                &target,
                [],
            )),
            target: Arc::new(target),
            propagator: settings.propagator,
        }
    }
}

fn default_port(target: &Uri) -> u16 {
    match target.scheme_str() {
        Some("https") => 443,
        _ => 80,
    }
}

impl<S> Layer<S> for ClientTraceLayer {
    type Service = ClientTraceService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientTraceService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`ClientTraceLayer`].
#[derive(Clone, Debug)]
pub struct ClientTraceService<S> {
    inner: S,
    layer: ClientTraceLayer,
}

impl<S, B> Service<Request<Body>> for ClientTraceService<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
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

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut call = self.layer.start(&request);
        let meter = call.request_meter();
        let mut request = request.map(|body| Body::new(MeteredBody::new(body, meter)));
        let propagator = self.layer.propagator;
        request.extensions_mut().insert(call.attempts());
        propagator.inject(call.context(), request.headers_mut());
        let _current = call.context().clone().attach();
        ResponseFuture::new(self.inner.call(request), call)
    }
}

impl ClientTraceLayer {
    fn start<B>(&self, request: &Request<B>) -> Call {
        let name = request.uri().path().trim_start_matches('/');
        let metrics = match system_of(request) {
            System::Grpc => self.methods.learn(name),
            System::Kitex => self.kitex.learn(without_package(name)),
        };
        let parent = Context::current();
        let describe = |span: &mut Recording| {
            for attribute in self.target.iter() {
                span.attribute(attribute);
            }
        };
        let details = Details::default();
        self.calls.start(&parent, metrics, details, describe)
    }
}
