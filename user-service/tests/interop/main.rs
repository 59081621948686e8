//! gRPC's interoperability cases, by an independent client: Python's grpcio, on
//! C-core, calls `grpc.testing.TestService` on the same layers and connections
//! that serve users. `cargo xtask interop` runs it.

#![expect(
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]

mod echo;
mod service;

use std::sync::Arc;
use std::time::Duration;

use axum::middleware::from_fn;
use grpc_server::{
    Authentication, CallLimits, ConnectionLimits, ErrorDomain, Methods, Policy, QuotaLimits, Roles,
    Server, Shutdown, Workers, stack,
};
use grpc_telemetry::Telemetry;
use testkit::testing::FILE_DESCRIPTOR_SET;
use testkit::testing::test_service_server::TestServiceServer;
use tokio::net::TcpListener;
use tokio::process::Command;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::service::Routes;

use self::service::Service;

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/client.py");

/// The server as `user-service serve` has it, but for what it serves.
async fn serve(listener: TcpListener, shutdown: Shutdown) {
    let service = TestServiceServer::new(Service)
        .accept_compressed(Gzip)
        .send_compressed(Gzip);
    let methods = ["EmptyCall", "UnaryCall", "StreamingOutputCall"].map(|name| {
        let unary = name != "StreamingOutputCall";
        (format!("grpc.testing.TestService/{name}"), unary)
    });
    let policy = Policy {
        methods: Methods::from_iter(methods),
        roles: Roles::default(),
        authentication: Authentication::open(),
        limits: CallLimits {
            in_flight: 1024,
            unary: Duration::from_secs(5),
            silence: Duration::from_secs(60),
            gzip: true,
            quotas: QuotaLimits::default(),
        },
        error_domain: ErrorDomain::new("grpc.testing"),
        metric_prefix: "interop",
    };
    let router = Routes::new(service).into_axum_router();
    let routes = Routes::from(router.layer(from_fn(echo::echo)));
    let trace = Telemetry::off().server(&[FILE_DESCRIPTOR_SET]).unwrap();
    let stack = stack(routes.prepare(), policy, trace);
    let limits = ConnectionLimits {
        idle: Duration::from_secs(60),
        age: Duration::from_secs(60),
        grace: Duration::from_secs(10),
        ..ConnectionLimits::default()
    };
    Server::new(listener, stack, limits)
        .with_workers(Arc::new(Workers::start().unwrap()))
        .serve(shutdown)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python with grpcio: run `cargo xtask interop`"]
async fn an_independent_client_agrees_in_every_case() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = Shutdown::new(Duration::from_secs(1));
    let served = tokio::spawn(serve(listener, shutdown.clone()));
    let folder = tempfile::tempdir().unwrap();
    let descriptors = folder.path().join("testing.bin");
    std::fs::write(&descriptors, FILE_DESCRIPTOR_SET).unwrap();
    let python = std::env::var("INTEROP_PYTHON").unwrap_or_else(|_| "python3".to_owned());

    let client = Command::new(python)
        .arg(CLIENT)
        .arg(address.to_string())
        .arg(&descriptors)
        .kill_on_drop(true)
        .status();
    let status = tokio::time::timeout(Duration::from_secs(600), client).await;

    assert!(status.unwrap().unwrap().success());
    shutdown.stop.cancel();
    served.await.unwrap();
}
