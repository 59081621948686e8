//! `grpc.health.v1`, with small buffers for those who watch: they are many, and stay
//! for as long as they live.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::{Request, Response};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic_health::pb::health_server::{Health as _, HealthServer};
use tonic_health::server::{HealthReporter, HealthService};
use tower::{Service, service_fn};
use user_proto::SmallBuffers;

const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// The service of tonic, but for the buffers of `Watch`: tonic begins with 8 KiB for each.
#[derive(Clone)]
pub struct Health {
    service: Arc<HealthService>,
    server: HealthServer<HealthService>,
}

impl Health {
    /// Says what `reporter` is told.
    pub fn new(reporter: HealthReporter) -> Self {
        let service = Arc::new(HealthService::from_health_reporter(reporter));
        Self {
            server: HealthServer::from_arc(Arc::clone(&service)),
            service,
        }
    }

    fn watch(&self, request: Request<Body>) -> <Self as Service<Request<Body>>>::Future {
        let health = Arc::clone(&self.service);
        let watch = service_fn(move |request| {
            let health = Arc::clone(&health);
            async move { health.watch(request).await }
        });
        Box::pin(async move {
            let mut grpc = Grpc::new(SmallBuffers::default());
            Ok(grpc.server_streaming(watch, request).await)
        })
    }
}

impl NamedService for Health {
    const NAME: &'static str = HealthServer::<HealthService>::NAME;
}

impl Service<Request<Body>> for Health {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // It is never busy.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match request.uri().path() {
            WATCH => self.watch(request),
            _ => self.server.call(request),
        }
    }
}
