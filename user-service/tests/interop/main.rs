//! gRPC's interoperability cases, by independent clients: Python's grpcio, on C-core, and
//! grpc-go's own client call `grpc.testing.TestService` on the same layers and connections
//! that serve users. `cargo xtask interop` runs it.

#![expect(
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]

mod echo;
mod service;

use std::net::SocketAddr;
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
use tokio::task::JoinHandle;
use tokio::time::timeout;
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
            ..CallLimits::default()
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

/// A server of the cases, until it is stopped.
struct Running {
    address: SocketAddr,
    shutdown: Shutdown,
    served: JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new(Duration::from_secs(1));
        let served = tokio::spawn(serve(listener, shutdown.clone()));
        Self {
            address,
            shutdown,
            served,
        }
    }

    async fn stop(self) {
        self.shutdown.stop.cancel();
        self.served.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python with grpcio: run `cargo xtask interop`"]
async fn an_independent_client_agrees_in_every_case() {
    let Ok(python) = std::env::var("INTEROP_PYTHON") else {
        return;
    };
    let server = Running::start().await;
    let folder = tempfile::tempdir().unwrap();
    let descriptors = folder.path().join("testing.bin");
    std::fs::write(&descriptors, FILE_DESCRIPTOR_SET).unwrap();

    let client = Command::new(python)
        .arg(CLIENT)
        .arg(server.address.to_string())
        .arg(&descriptors)
        .kill_on_drop(true)
        .status();
    let status = timeout(Duration::from_secs(600), client).await;

    assert!(status.unwrap().unwrap().success());
    server.stop().await;
}

/// The cases of grpc-go's client that need neither TLS nor an account.
const GO_CASES: [&str; 14] = [
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "timeout_on_sleeping_server",
    "cancel_after_begin",
    "cancel_after_first_response",
    "status_code_and_message",
    "special_status_message",
    "custom_metadata",
    "unimplemented_method",
    "unimplemented_service",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs grpc-go's client: run `cargo xtask interop`"]
async fn grpc_gos_own_client_agrees_in_every_case() {
    let Ok(client) = std::env::var("INTEROP_GO_CLIENT") else {
        return;
    };
    let server = Running::start().await;
    let mut failed = Vec::new();
    for case in GO_CASES {
        let run = Command::new(&client)
            .arg("--server_host=127.0.0.1")
            .arg(format!("--server_port={}", server.address.port()))
            .arg(format!("--test_case={case}"))
            .kill_on_drop(true)
            .output();
        let output = timeout(Duration::from_secs(60), run).await;
        let output = output.unwrap().unwrap();
        println!("grpc-go {case:28} {}", output.status);
        if !output.status.success() {
            failed.push((case, String::from_utf8_lossy(&output.stderr).into_owned()));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    server.stop().await;
}
