//! The gateway: a service of HTTP that makes a call of gRPC of each request.

mod connect;
mod grpc_web;
mod input;
mod streams;
mod unary;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use grpc_channel::Channel;
use grpc_server::{ErrorDomain, TooManyStreams};
use grpc_telemetry::Telemetry;
use grpc_telemetry::rpc::Trust;
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response};
use opentelemetry::context::FutureExt as _;
use prost_reflect::prost::Message;
use prost_reflect::prost_types::FileDescriptorSet;
use prost_reflect::{DescriptorError, DescriptorPool};
use tonic::body::Body;
use tower::Service;

use crate::calls::Calls;
use crate::cors::Cors;
use crate::documents::Documents;
use crate::error::{ErrorForm, Errors, Failure, Renderer};
use crate::headers;
use crate::request_body::WasRead;
use crate::routes::{InvalidRule, Lookup, Route, Routes};
use crate::rpc::{Method, Methods, RpcProtocol};
use crate::telemetry::HttpTelemetry;

/// Descriptors that no gateway can be made of.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// They can't be decoded, or don't fit together.
    #[error("the descriptors are not valid: {0}")]
    Descriptors(#[from] DescriptorError),
    /// A rule can't be followed.
    #[error(transparent)]
    Rule(#[from] InvalidRule),
}

/// How requests are handled.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The package of the service, such as `user.v1`: its errors and those of the gateway are
    /// of this domain.
    pub domain: &'static str,
    /// The longest that a unary call may take, where the caller says nothing.
    pub timeout: Duration,
    /// The longest that a call with a stream may take, where the caller says nothing; none is
    /// as long as it takes.
    pub stream_timeout: Option<Duration>,
    /// Maximum bytes of a message, after decompression: the body of a request, or a message in a
    /// stream of Connect.
    pub max_message: usize,
    /// The bytes of the shortest message of Connect that is compressed, if its caller accepts that.
    pub min_compressed: usize,
    /// The version of the services, which the OpenAPI document says.
    pub version: &'static str,
    /// What the id of a trace follows in a link to it, such as `http://localhost:16686/trace/`; the
    /// page at `/` links to traces by it.
    pub trace_url: Option<String>,
    /// The origins whose pages may send requests (CORS), such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// Whether the traces of callers are continued.
    pub trust: Trust,
}

/// A service of HTTP that makes a call of gRPC of each request. Clones share all of it.
#[derive(Clone, Debug)]
pub struct Gateway(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    routes: Routes,
    calls: Calls,
    pool: DescriptorPool,
    errors: Errors,
    renderer: Renderer,
    telemetry: HttpTelemetry,
    documents: Documents,
    cors: Cors,
    methods: Methods,
    timeout: Duration,
    stream_timeout: Option<Duration>,
    max_message: usize,
    min_compressed: usize,
}

impl Gateway {
    /// A gateway to the services in `descriptors`, an encoded `FileDescriptorSet` that has its
    /// rules, by `channel`. Start `telemetry` first.
    ///
    /// # Errors
    /// When the descriptors are not valid, or a rule can't be followed.
    pub fn new(
        descriptors: &[u8],
        channel: Channel,
        settings: &Settings,
        telemetry: &Telemetry,
    ) -> Result<Self, GatewayError> {
        let pool = pool(descriptors)?;
        let routes = Routes::of(&pool)?;
        Ok(Self(Arc::new(Inner {
            telemetry: HttpTelemetry::new(&routes, telemetry.propagator(), settings.trust),
            cors: Cors::new(&settings.cors_origins, routes.iter().map(Route::verb)),
            methods: Methods::of(&pool),
            documents: Documents::of(
                &pool,
                &routes,
                settings.version,
                settings.trace_url.as_deref(),
            ),
            routes,
            calls: Calls::new(channel),
            errors: Errors(ErrorDomain::new(settings.domain)),
            renderer: Renderer(pool.clone()),
            pool,
            timeout: settings.timeout,
            stream_timeout: settings.stream_timeout,
            max_message: settings.max_message,
            min_compressed: settings.min_compressed,
        })))
    }
}

/// The types in `descriptors`, and those of the details of errors.
fn pool(descriptors: &[u8]) -> Result<DescriptorPool, DescriptorError> {
    let mut pool = DescriptorPool::decode(descriptors)?;
    let details = tonic_types::pb::FILE_DESCRIPTOR_SET;
    let mut details = FileDescriptorSet::decode(details).unwrap_or_default();
    // google.rpc.Status may be there already, in a file of another name.
    let has_status = pool.get_message_by_name("google.rpc.Status").is_some();
    details.file.retain(|file| {
        let is_known = pool.get_file_by_name(file.name()).is_some();
        let is_status = has_status && file.name() == "status.proto";
        !is_known && !is_status
    });
    pool.add_file_descriptor_set(details)?;
    Ok(pool)
}

impl Service<Request<Body>> for Gateway {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move { Ok(inner.serve(request).await) })
    }
}

impl Inner {
    /// The response to `request`, whatever happens.
    async fn serve(&self, request: Request<Body>) -> Response<Body> {
        let lookup = self.routes.find(request.method(), request.uri().path());
        let document = Documents::path(&request);
        let method = self.methods.find(request.uri().path());
        let route = match (&lookup, method) {
            (Lookup::Found(route, _), _) => Some(route.template()),
            (_, Some(method)) => Some(method.target.path.as_str()),
            (_, None) => document,
        };
        let exchange = self.telemetry.start(&request, route);
        let origin = self.cors.allowed(request.headers());
        let own = match document {
            Some(path) => Some(self.documents.response(path)),
            None => self.cors.preflight(&request),
        };
        let version = request.version();
        let (request, was_read) = WasRead::watch(request);
        let handling = self.handle(lookup, method, request);
        let handling = handling.with_context(exchange.context().clone());
        let mut response = match own {
            Some(response) => response,
            None => handling.await,
        };
        was_read.close_unless_read(version, &mut response);
        self.cors.allow(origin, response.headers_mut());
        exchange.respond(guarded(response))
    }

    /// The response to a call, or to what is none.
    async fn handle(
        &self,
        lookup: Lookup<'_>,
        method: Option<&Method>,
        request: Request<Body>,
    ) -> Response<Body> {
        let form = ErrorForm::of(request.headers(), method.is_some());
        let responding = async {
            match method {
                Some(method) => self.call(method, request).await,
                None => self.respond(lookup, request).await,
            }
        };
        // A bug is an error of one request.
        match AssertUnwindSafe(responding).catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(failure)) => self.renderer.response(&failure, form),
            Err(_) => self.renderer.response(&self.errors.internal(), form),
        }
    }

    /// The response to a call by the path of its method, in the protocol that its body has.
    async fn call(
        &self,
        method: &Method,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        if !method.verbs().contains(&request.method()) {
            let failure = self.errors.other_verb(method.verbs());
            return Err(self.refuse(request, failure).await);
        }
        if request.method() == http::Method::GET {
            return self.connect_get(method, request).await;
        }
        match RpcProtocol::of(request.headers()) {
            Some(RpcProtocol::GrpcWeb(encoding)) => self.grpc_web(method, encoding, request).await,
            Some(RpcProtocol::Connect(codec)) => self.connect(method, codec, request).await,
            Some(RpcProtocol::ConnectStream(codec)) => {
                Ok(self.connect_stream(method, codec, request).await)
            }
            None => {
                let failure = self.errors.other_type(method.media_types());
                Err(self.refuse(request, failure).await)
            }
        }
    }

    async fn respond(
        &self,
        lookup: Lookup<'_>,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        let (route, values) = match self.found(lookup) {
            Ok(found) => found,
            Err(failure) => return Err(self.refuse(request, failure).await),
        };
        self.check(&request)?;
        let method = route.method();
        match (method.is_client_streaming(), method.is_server_streaming()) {
            (false, false) => self.unary(route, &values, request).await,
            (false, true) => self.server_stream(route, &values, request).await,
            (true, false) => self.client_stream(route, request).await,
            (true, true) => self.duplex(route, request).await,
        }
    }

    /// Checks what is the same for all requests.
    fn check(&self, request: &Request<Body>) -> Result<(), Failure> {
        if request.extensions().get::<TooManyStreams>().is_some() {
            return Err(self.errors.too_many_requests());
        }
        let single = headers::check_single(request.headers());
        single.map_err(|invalid| self.errors.invalid_field(&invalid))
    }

    fn found<'a>(&self, lookup: Lookup<'a>) -> Result<(&'a Route, Vec<String>), Failure> {
        match lookup {
            Lookup::Found(route, values) => Ok((route, values)),
            Lookup::OtherVerb(verbs) => Err(self.errors.other_verb(&verbs)),
            Lookup::Unknown | Lookup::NotUtf8 => Err(self.errors.unknown_path()),
        }
    }
}

/// `response` with what keeps browsers and caches from doing more with it than is meant.
fn guarded(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
