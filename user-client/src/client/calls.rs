//! The calls, in each protocol.

use futures_util::Stream;
use grpc_channel::Channel;
use tonic::{Request, Response, Status, Streaming};
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse,
};

use super::MAX_RESPONSE_BYTES;
use super::thrift::ThriftClient;
use crate::args::Protocol;

/// A client of all calls.
#[derive(Clone, Debug)]
pub(super) enum Calls {
    /// gRPC and Kitex Protobuf, which have the same messages.
    Protobuf(UserServiceClient<Channel>),
    Thrift(ThriftClient),
}

impl Calls {
    /// A client on `channel`, which speaks `protocol`.
    pub(super) fn new(channel: Channel, protocol: Protocol) -> Self {
        match protocol {
            Protocol::Grpc | Protocol::KitexProtobuf => {
                let client = UserServiceClient::new(channel);
                Self::Protobuf(client.max_decoding_message_size(MAX_RESPONSE_BYTES))
            }
            Protocol::Thrift => Self::Thrift(ThriftClient::new(channel)),
        }
    }

    pub(super) async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        match self {
            Self::Protobuf(client) => client.clone().get_user(request).await,
            Self::Thrift(client) => client.get_user(request).await,
        }
    }

    pub(super) async fn create_user(
        &self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        match self {
            Self::Protobuf(client) => client.clone().create_user(request).await,
            Self::Thrift(client) => client.create_user(request).await,
        }
    }

    pub(super) async fn list_users(
        &self,
        request: Request<ListUsersRequest>,
    ) -> Result<Response<Streaming<ListUsersResponse>>, Status> {
        match self {
            Self::Protobuf(client) => client.clone().list_users(request).await,
            Self::Thrift(client) => client.list_users(request).await,
        }
    }

    pub(super) async fn create_users(
        &self,
        requests: Request<impl Stream<Item = CreateUsersRequest> + Send + 'static>,
    ) -> Result<Response<CreateUsersResponse>, Status> {
        match self {
            Self::Protobuf(client) => client.clone().create_users(requests).await,
            Self::Thrift(client) => client.create_users(requests).await,
        }
    }

    pub(super) async fn get_users(
        &self,
        requests: Request<impl Stream<Item = GetUsersRequest> + Send + 'static>,
    ) -> Result<Response<Streaming<GetUsersResponse>>, Status> {
        match self {
            Self::Protobuf(client) => client.clone().get_users(requests).await,
            Self::Thrift(client) => client.get_users(requests).await,
        }
    }
}
