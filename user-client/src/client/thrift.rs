//! The calls in Thrift. Their paths are those of gRPC, by which the channel knows the methods.

use futures_util::Stream;
use grpc_channel::Channel;
use grpc_channel::kitex::ThriftCodec;
use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::{Request, Response, Status, Streaming};
use user_proto::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse,
};

use super::MAX_RESPONSE_BYTES;

/// A client of all calls.
#[derive(Clone, Debug)]
pub(super) struct ThriftClient(Grpc<Channel>);

impl ThriftClient {
    /// A client on `channel`, which speaks Thrift.
    pub(super) fn new(channel: Channel) -> Self {
        Self(Grpc::new(channel).max_decoding_message_size(MAX_RESPONSE_BYTES))
    }

    pub(super) async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        let path = PathAndQuery::from_static("/user.v1.UserService/GetUser");
        let mut grpc = self.ready().await?;
        grpc.unary(request, path, ThriftCodec::default()).await
    }

    pub(super) async fn create_user(
        &self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        let path = PathAndQuery::from_static("/user.v1.UserService/CreateUser");
        let mut grpc = self.ready().await?;
        grpc.unary(request, path, ThriftCodec::default()).await
    }

    pub(super) async fn list_users(
        &self,
        request: Request<ListUsersRequest>,
    ) -> Result<Response<Streaming<ListUsersResponse>>, Status> {
        let path = PathAndQuery::from_static("/user.v1.UserService/ListUsers");
        let mut grpc = self.ready().await?;
        let codec = ThriftCodec::streaming();
        grpc.server_streaming(request, path, codec).await
    }

    pub(super) async fn create_users(
        &self,
        requests: Request<impl Stream<Item = CreateUsersRequest> + Send + 'static>,
    ) -> Result<Response<CreateUsersResponse>, Status> {
        let path = PathAndQuery::from_static("/user.v1.UserService/CreateUsers");
        let mut grpc = self.ready().await?;
        let codec = ThriftCodec::streaming();
        grpc.client_streaming(requests, path, codec).await
    }

    pub(super) async fn get_users(
        &self,
        requests: Request<impl Stream<Item = GetUsersRequest> + Send + 'static>,
    ) -> Result<Response<Streaming<GetUsersResponse>>, Status> {
        let path = PathAndQuery::from_static("/user.v1.UserService/GetUsers");
        let mut grpc = self.ready().await?;
        let codec = ThriftCodec::streaming();
        grpc.streaming(requests, path, codec).await
    }

    async fn ready(&self) -> Result<Grpc<Channel>, Status> {
        let mut grpc = self.0.clone();
        grpc.ready().await?;
        Ok(grpc)
    }
}
