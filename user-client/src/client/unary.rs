//! The unary calls, in each protocol.

use grpc_channel::Channel;
use grpc_channel::kitex::ThriftCodec;
use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::codec::Codec;
use tonic::{Request, Response, Status};
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUserRequest, CreateUserResponse, GetUserRequest, GetUserResponse};

use crate::args::Protocol;

const GET_USER: &str = "/user.v1.UserService/GetUser";
const CREATE_USER: &str = "/user.v1.UserService/CreateUser";

/// A client of the unary calls.
#[derive(Clone, Debug)]
pub(super) enum Unary {
    /// gRPC and Kitex Protobuf, which have the same messages.
    Protobuf(UserServiceClient<Channel>),
    Thrift(Channel),
}

impl Unary {
    /// A client on `channel`, which speaks `protocol`.
    pub(super) fn new(channel: Channel, protocol: Protocol) -> Self {
        match protocol {
            Protocol::Grpc | Protocol::KitexProtobuf => {
                Self::Protobuf(UserServiceClient::new(channel))
            }
            Protocol::Thrift => Self::Thrift(channel),
        }
    }

    pub(super) async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        match self {
            Self::Protobuf(client) => client.clone().get_user(request).await,
            Self::Thrift(channel) => {
                let codec = ThriftCodec::<GetUserRequest, GetUserResponse>::default();
                thrift(channel, GET_USER, codec, request).await
            }
        }
    }

    pub(super) async fn create_user(
        &self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        match self {
            Self::Protobuf(client) => client.clone().create_user(request).await,
            Self::Thrift(channel) => {
                let codec = ThriftCodec::<CreateUserRequest, CreateUserResponse>::default();
                thrift(channel, CREATE_USER, codec, request).await
            }
        }
    }
}

async fn thrift<C: Codec<Encode: Sync, Decode: Sync>>(
    channel: &Channel,
    path: &'static str,
    codec: C,
    request: Request<C::Encode>,
) -> Result<Response<C::Decode>, Status> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await?;
    grpc.unary(request, PathAndQuery::from_static(path), codec)
        .await
}
