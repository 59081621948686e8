//! The service on the layers and connections of user-service.

use std::sync::Arc;
use std::time::Duration;

use axum::middleware::from_fn;
use grpc_server::{
    Authentication, CallLimits, ConnectionLimits, ErrorDomain, Methods, Policy, Roles, Server,
    Shutdown, Workers, stack,
};
use grpc_telemetry::Telemetry;
use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::service::Routes;

use crate::proto::FILE_DESCRIPTOR_SET;
use crate::proto::conformance_service_server::ConformanceServiceServer;
use crate::service::Service;
use crate::{payload, trailers};

/// The methods, and whether each has one request and one response.
const METHODS: [(&str, bool); 6] = [
    ("Unary", true),
    ("IdempotentUnary", true),
    ("Unimplemented", true),
    ("ServerStream", false),
    ("ClientStream", false),
    ("BidiStream", false),
];

/// Serves until `shutdown`. Messages of requests have `limit` bytes at most.
pub(crate) async fn serve(listener: TcpListener, limit: usize, shutdown: Shutdown) {
    let service = ConformanceServiceServer::new(Service)
        .max_decoding_message_size(limit)
        .accept_compressed(Gzip)
        .send_compressed(Gzip);
    let methods = METHODS.map(|(name, is_unary)| {
        let path = format!("connectrpc.conformance.v1.ConformanceService/{name}");
        (path, is_unary)
    });
    let policy = Policy {
        methods: Methods::from_iter(methods),
        roles: Roles::default(),
        authentication: Authentication::open(),
        limits: CallLimits {
            unary: payload::NO_TIMEOUT,
            silence: Duration::from_secs(60),
            gzip: true,
            ..CallLimits::default()
        },
        // The suite compares all details.
        error_domain: ErrorDomain::new(""),
        metric_prefix: "conformance",
    };
    let router = Routes::new(service).into_axum_router();
    let routes = Routes::from(router.layer(from_fn(trailers::send)));
    let trace = Telemetry::off().server(&[FILE_DESCRIPTOR_SET]).unwrap();
    let stack = stack(routes.prepare(), policy, trace);
    Server::new(listener, stack, ConnectionLimits::default())
        .with_workers(Arc::new(Workers::start().unwrap()))
        .serve(shutdown)
        .await;
}
