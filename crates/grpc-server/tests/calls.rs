//! A server as another program has it: on a port, with the page of layers around a service.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::Ipv4Addr;
use std::time::Duration;

use grpc_server::{
    Authentication, CallLimits, ConnectionLimits, ErrorDomain, Methods, Policy, Roles, Server,
    Shutdown, stack,
};
use grpc_telemetry::Telemetry;
use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::Endpoint;
use tonic::{Code, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;
use tower::{Service, service_fn};

const DESCRIPTORS: &[u8] = tonic_health::pb::FILE_DESCRIPTOR_SET;
const LIMIT: Duration = Duration::from_secs(5);

/// A server of one service, on a port of its own.
struct Running {
    url: String,
    shutdown: Shutdown,
    served: JoinHandle<usize>,
}

impl Running {
    async fn start<S>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let policy = Policy {
            methods: Methods::from_descriptors(&[DESCRIPTORS]).unwrap(),
            roles: Roles::default(),
            authentication: Authentication::open(),
            limits: CallLimits {
                unary: Duration::from_millis(100),
                ..CallLimits::default()
            },
            error_domain: ErrorDomain::new("orders.v1"),
            metric_prefix: "orders",
        };
        let trace = Telemetry::off().server(&[DESCRIPTORS]).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = stack(service, policy, trace);
        let server = Server::new(listener, service, ConnectionLimits::default());
        let shutdown = Shutdown::new(LIMIT);
        let served = tokio::spawn(server.serve(shutdown.clone()));
        Self {
            url,
            shutdown,
            served,
        }
    }

    async fn check(&self) -> Result<i32, Status> {
        let endpoint = Endpoint::from_shared(self.url.clone()).unwrap();
        let mut client = HealthClient::new(endpoint.connect().await.unwrap());
        let checked = client.check(HealthCheckRequest::default()).await?;
        Ok(checked.into_inner().status)
    }

    /// Stops it; returns how many connections were terminated.
    async fn stop(self) -> usize {
        self.shutdown.stop.cancel();
        let served = tokio::time::timeout(LIMIT, self.served).await;
        served.unwrap().unwrap()
    }
}

/// The code, and the domain in the details.
fn what(refused: Result<i32, Status>) -> (Code, String) {
    let status = refused.unwrap_err();
    let details = status.get_error_details();
    let domain = details.error_info().map(|info| info.domain.clone());
    (status.code(), domain.unwrap_or_default())
}

#[tokio::test]
async fn a_service_answers_and_drains() {
    let (_reporter, health) = tonic_health::server::health_reporter();
    let server = Running::start(Routes::new(health).prepare()).await;

    let serving = ServingStatus::Serving as i32;
    assert_eq!(server.check().await.unwrap(), serving);
    assert_eq!(server.stop().await, 0);
}

#[tokio::test]
async fn a_late_call_is_told_so_in_the_terms_of_the_service() {
    let server = Running::start(service_fn(|_| pending())).await;

    let (code, domain) = what(server.check().await);

    assert_eq!((code, &*domain), (Code::DeadlineExceeded, "orders.v1"));
    assert_eq!(server.stop().await, 0);
}

#[tokio::test]
async fn a_panic_fails_its_call_alone() {
    let server = Running::start(service_fn(panics)).await;

    for _ in 0..2 {
        let (code, domain) = what(server.check().await);
        assert_eq!((code, &*domain), (Code::Internal, "orders.v1"));
    }
    assert_eq!(server.stop().await, 0);
}

#[expect(
    clippy::manual_async_fn,
    reason = "an async function would not panic when it is called"
)]
fn panics(_: Request<Body>) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send {
    async { panic!("a defect") }
}
