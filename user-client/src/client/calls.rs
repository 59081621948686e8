//! The calls, in each protocol.

use futures_util::Stream;
use http_body::Body as HttpBody;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{Bytes, StdError};
use tonic::{Request, Response, Status, Streaming};
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse,
};

use super::MAX_RESPONSE_BYTES;
use super::thrift::ThriftClient;
use crate::args::Protocol;

/// A client of all calls, over a channel or over connections for load.
#[derive(Clone, Debug)]
pub enum Calls<S> {
    /// gRPC and Kitex Protobuf, which have the same messages.
    Protobuf(UserServiceClient<S>),
    /// Thrift.
    Thrift(ThriftClient<S>),
}

impl<S> Calls<S>
where
    S: GrpcService<Body> + Clone,
    S::ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    /// A client on `channel`, which speaks `protocol`.
    pub(super) fn new(channel: S, protocol: Protocol) -> Self {
        match protocol {
            Protocol::Grpc | Protocol::KitexProtobuf => {
                let client = UserServiceClient::new(channel);
                Self::Protobuf(client.max_decoding_message_size(MAX_RESPONSE_BYTES))
            }
            Protocol::Thrift => Self::Thrift(ThriftClient::new(channel)),
        }
    }

    pub(crate) async fn get_user(
        &mut self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        match self {
            Self::Protobuf(client) => client.get_user(request).await,
            Self::Thrift(client) => client.get_user(request).await,
        }
    }

    pub(crate) async fn create_user(
        &mut self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        match self {
            Self::Protobuf(client) => client.create_user(request).await,
            Self::Thrift(client) => client.create_user(request).await,
        }
    }

    pub(crate) async fn list_users(
        &mut self,
        request: Request<ListUsersRequest>,
    ) -> Result<Response<Streaming<ListUsersResponse>>, Status> {
        match self {
            Self::Protobuf(client) => client.list_users(request).await,
            Self::Thrift(client) => client.list_users(request).await,
        }
    }

    pub(crate) async fn create_users(
        &mut self,
        requests: Request<impl Stream<Item = CreateUsersRequest> + Send + 'static>,
    ) -> Result<Response<CreateUsersResponse>, Status> {
        match self {
            Self::Protobuf(client) => client.create_users(requests).await,
            Self::Thrift(client) => client.create_users(requests).await,
        }
    }

    pub(crate) async fn get_users(
        &mut self,
        requests: Request<impl Stream<Item = GetUsersRequest> + Send + 'static>,
    ) -> Result<Response<Streaming<GetUsersResponse>>, Status> {
        match self {
            Self::Protobuf(client) => client.get_users(requests).await,
            Self::Thrift(client) => client.get_users(requests).await,
        }
    }
}
