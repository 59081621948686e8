//! A server that responds as configured, behind all layers of user-service.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use std::time::Duration;

use futures_util::{Stream, stream};
use grpc_server::{
    Authentication, CallLimits, ConnectionLimits, ErrorDomain, Methods, Policy, QuotaLimits, Roles,
    Server, Shutdown, stack,
};
use grpc_telemetry::Telemetry;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_types::{ErrorDetails, StatusExt};
use user_proto::v1::user_service_server::{UserService, UserServiceServer};
use user_proto::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse,
};

/// Longer than any call here.
const LONG: Duration = Duration::from_secs(60);

/// How the next call is to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders(Arc<Ordered>);

#[derive(Debug, Default)]
struct Ordered {
    code: AtomicI32,
    late: AtomicBool,
}

impl Orders {
    /// With `code`; a stream of responses with one of them before it, if that is to be `late`.
    pub(crate) fn end_with(&self, code: Code, late: bool) {
        self.0.code.store(code as i32, SeqCst);
        self.0.late.store(late, SeqCst);
    }

    fn status(&self) -> Result<(), Status> {
        match Code::from(self.0.code.load(SeqCst)) {
            Code::Ok => Ok(()),
            code => {
                // With details, as all of the service's own: the layers take others for a library's.
                let details = ErrorDetails::with_error_info("ORDERED", "user.v1", HashMap::new());
                Err(Status::with_error_details(code, "as ordered", details))
            }
        }
    }

    fn answer<T: Default>(&self) -> Result<Response<T>, Status> {
        self.status().map(|()| Response::new(T::default()))
    }

    fn answers<T: Default + Send + 'static>(&self) -> Result<Response<Responses<T>>, Status> {
        let end = self.status();
        if !self.0.late.load(SeqCst) {
            end.clone()?;
        }
        let answers = [Ok(T::default())].into_iter().chain(end.err().map(Err));
        Ok(Response::new(Box::pin(stream::iter(answers))))
    }
}

type Responses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl UserService for Orders {
    type ListUsersStream = Responses<ListUsersResponse>;
    type GetUsersStream = Responses<GetUsersResponse>;

    async fn get_user(
        &self,
        _: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        self.answer()
    }

    async fn create_user(
        &self,
        _: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        self.answer()
    }

    async fn list_users(
        &self,
        _: Request<ListUsersRequest>,
    ) -> Result<Response<Self::ListUsersStream>, Status> {
        self.answers()
    }

    async fn create_users(
        &self,
        _: Request<Streaming<CreateUsersRequest>>,
    ) -> Result<Response<CreateUsersResponse>, Status> {
        self.answer()
    }

    async fn get_users(
        &self,
        _: Request<Streaming<GetUsersRequest>>,
    ) -> Result<Response<Self::GetUsersStream>, Status> {
        self.answers()
    }
}

/// Serves `methods`, which of them are unary said with each, until the handle is dropped.
pub(crate) async fn serve(
    orders: Orders,
    methods: &[(&str, bool)],
    telemetry: &Telemetry,
) -> (SocketAddr, AbortOnDropHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let methods = methods
        .iter()
        .map(|(name, unary)| ((*name).to_owned(), *unary));
    let policy = Policy {
        methods: Methods::from_iter(methods),
        roles: Roles::default(),
        authentication: Authentication::open(),
        limits: CallLimits {
            in_flight: 10,
            unary: LONG,
            silence: LONG,
            gzip: true,
            quotas: QuotaLimits::default(),
            ..CallLimits::default()
        },
        error_domain: ErrorDomain::new("user.v1"),
        metric_prefix: "user_service",
    };
    let routes = Routes::new(UserServiceServer::new(orders));
    let trace = telemetry.server(&[user_proto::v1::FILE_DESCRIPTOR_SET]);
    let service = stack(routes, policy, trace.unwrap());
    let limits = ConnectionLimits {
        handshake: LONG,
        idle: LONG,
        age: LONG,
        grace: LONG,
        random: || 0.5,
        ..ConnectionLimits::default()
    };
    let serving = Server::new(listener, service, limits).serve(Shutdown::new(LONG));
    (address, AbortOnDropHandle::new(tokio::spawn(serving)))
}
