//! The server's half: one SERVER span per call.

use std::sync::{Arc, OnceLock};
use std::task::{Context as TaskContext, Poll};

use http::{HeaderMap, Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use tonic::Status;
use tower::{Layer, Service};

use super::body::TracedBody;
use super::call::{Call, Calls};
use super::call_state::Details;
use super::callers::Callers;
use super::code::{Side, of_transport};
use super::future::ResponseFuture;
use super::incoming::{CALLER, Extract, Incoming, Trust};
use super::methods::{Method, Methods};
use super::peer;
use super::request::MeteredBody;
use super::settings::Settings;
use super::system::{System, service_of, system_of, without_package};
use super::timeout::timeout_of;
use crate::names;
use crate::spans::{Recording, SpanProvider};

/// The longest unknown method that a span repeats, in bytes: callers choose it.
const MAX_METHOD_LENGTH: usize = 128;

/// The services that come with tonic rather than with one's own descriptors.
const ALWAYS_KNOWN: [&str; 4] = [
    "grpc.health.v1.Health/Check",
    "grpc.health.v1.Health/Watch",
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// Reads the context that a caller sent, makes a SERVER span of each call, child of
/// the caller's, and makes it the current one for what is inside.
/// [`Telemetry::server`](crate::Telemetry::server) makes it.
#[derive(Clone, Debug)]
pub struct ServerTraceLayer {
    calls: Arc<Calls>,
    methods: Arc<Methods>,
    /// The same, of calls of Kitex: from the first of them on.
    kitex: Arc<OnceLock<Methods>>,
    callers: Arc<Callers>,
    settings: Settings,
    extract: Extract,
}

impl ServerTraceLayer {
    /// A layer for a server with these methods, as `package.Service/Method`, once telemetry
    /// was started; calls of any other are traced as unknown.
    pub(crate) fn new(
        provider: Option<&SpanProvider>,
        settings: Settings,
        methods: impl IntoIterator<Item = String>,
    ) -> Self {
        let methods = methods.into_iter().chain(ALWAYS_KNOWN.map(str::to_owned));
        Self {
            calls: Arc::new(Calls::new(provider, Side::Server, settings)),
            methods: Arc::new(Methods::new(
                Side::Server,
                System::Grpc,
                settings,
                &[],
                methods,
            )),
            kitex: Arc::default(),
            callers: Arc::new(Callers::new(settings)),
            settings,
            extract: Extract::new(settings.propagator),
        }
    }

    /// Callers are trusted as `trust` says; by default all are.
    #[must_use]
    pub fn with_trust(mut self, trust: Trust) -> Self {
        self.extract.trust = trust;
        self
    }

    /// The members of a caller's baggage with these names become attributes of the call's
    /// span; by default none do.
    #[must_use]
    pub fn with_baggage_attributes(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.extract.set_span_attributes(names);
        self
    }

    fn start<B>(&self, request: &Request<B>) -> Call {
        let path = request.uri().path();
        let method = path.strip_prefix('/').unwrap_or(path);
        let known = self.methods.get(method);
        let incoming = self.extract.read(request.headers());
        let Incoming {
            parent,
            link,
            attributes: of_baggage,
        } = incoming;
        let timeout = timeout_of(request.headers());
        let system = system_of(request);
        let Some(metrics) = known else {
            let describe = |span: &mut Recording| {
                span.text(names::RPC_METHOD_ORIGINAL, &harmless(method));
                self.describe(request, &of_baggage, span);
            };
            let unknown = match system {
                System::Grpc => self.methods.unknown(),
                System::Kitex => self.kitex().unknown(),
            };
            let details = Details {
                undescribed: Some(harmless(service_of(method)).into()),
                timeout,
            };
            let call = self.calls.start(&parent, unknown, details, describe);
            return linked(call, link);
        };
        let metrics = self.of_caller(request, method).unwrap_or(metrics);
        let describe = |span: &mut Recording| self.describe(request, &of_baggage, span);
        let details = Details {
            undescribed: None,
            timeout,
        };
        let call = self.calls.start(&parent, metrics, details, describe);
        linked(call, link)
    }

    /// The method as this caller calls it, where that has metrics of its own: over Kitex, and if
    /// Kitex is expected, for each service that says its name.
    fn of_caller<B>(&self, request: &Request<B>, method: &str) -> Option<Arc<Method>> {
        let system = system_of(request);
        let name = match system {
            System::Grpc => method,
            System::Kitex => without_package(method),
        };
        if self.settings.propagator.kitex
            && let Some(caller) = caller(request.headers())
        {
            return Some(self.callers.method(system, caller, name));
        }
        (system == System::Kitex).then(|| self.kitex().learn(name))
    }

    /// Says in `span` from its start who makes the call.
    fn describe<B>(&self, request: &Request<B>, of_baggage: &[KeyValue], span: &mut Recording) {
        peer::describe(request.extensions(), self.settings.old_names, span);
        if system_of(request) == System::Kitex
            && let Some(caller) = caller(request.headers())
        {
            span.text(names::SERVICE_PEER_NAME, &caller);
        }
        for attribute in of_baggage {
            span.attribute(attribute);
        }
    }

    fn kitex(&self) -> &Methods {
        self.kitex
            .get_or_init(|| Methods::new(Side::Server, System::Kitex, self.settings, &[], []))
    }
}

/// The call, whose span links to that of a caller who is not its parent.
fn linked(call: Call, caller: Option<SpanContext>) -> Call {
    if let Some(caller) = caller {
        call.context().span().add_link(caller, Vec::new());
    }
    call
}

/// The service that calls, as Kitex's clients say it.
fn caller(headers: &HeaderMap) -> Option<String> {
    let name = headers.get(CALLER)?.to_str().ok()?;
    let name = name.get(..MAX_METHOD_LENGTH).unwrap_or(name);
    let parts: Vec<_> = name.split('-').map(harmless).collect();
    Some(parts.join("-"))
}

/// The beginning of what an unknown caller calls a method, with `?` for all that
/// is in no method's name, as a reader of telemetry could be misled by it.
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
            layer: Arc::new(self.clone()),
        }
    }
}

/// The service of [`ServerTraceLayer`].
#[derive(Clone, Debug)]
pub struct ServerTraceService<S> {
    inner: S,
    /// Shared, as a server clones its service for each call.
    layer: Arc<ServerTraceLayer>,
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
