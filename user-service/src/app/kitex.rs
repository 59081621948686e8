//! What Kitex clients are served.

use grpc_server::{HttpService, Protocols, RequestBody};
use kitex_server::KitexService;
use tonic::server::NamedService;
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
pub(super) fn protocols(
    config: &Config,
    service: KitexService,
    stack: &(impl HttpService<RequestBody> + Sync),
) -> Option<Protocols> {
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
