//! What Kitex clients are served.

use grpc_server::{BoxError, Protocols, RequestBody};
use http::{Request, Response};
use http_body::Body;
use kitex_server::KitexService;
use prost::bytes::Bytes;
use tonic::server::NamedService;
use tower::Service;
use user_proto::v1::user_service_server::UserServiceServer;

use crate::config::{Config, Protocol};
use crate::grpc::Grpc;
use crate::metrics;

/// The name of the service in `user.thrift`.
const NAME: &str = "UserService";

/// The service as Kitex clients know it, in the encodings that `config` requires.
pub(super) fn service(config: &Config) -> KitexService {
    let serves = |protocol| config.listening.protocols.contains(&protocol);
    KitexService {
        name: NAME,
        grpc_name: UserServiceServer::<Grpc>::NAME,
        thrift: serves(Protocol::Thrift),
        protobuf: serves(Protocol::KitexProtobuf),
    }
}

/// The protocols that `config` requires, where Kitex clients of `service` are served by `stack`;
/// none for gRPC alone, whose server then speaks first.
pub(super) fn protocols<S, B>(
    config: &Config,
    service: KitexService,
    stack: &S,
) -> Option<Protocols>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + Sync
        + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let mut served = service.protocols();
    if served.is_empty() {
        return None;
    }
    if config.listening.protocols.contains(&Protocol::Grpc) {
        served.push(grpc_server::Protocol::Http2);
    }
    let stack = stack.clone();
    Some(Protocols::new(&served, metrics::SCOPE, move |connection| {
        kitex_server::serve(connection, stack.clone(), service)
    }))
}
