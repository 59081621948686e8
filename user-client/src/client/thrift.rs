//! The calls in Thrift. Their paths are those of gRPC, by which the channel knows the methods.

use futures_util::Stream;
use grpc_channel::kitex::ThriftCodec;
use http::uri::PathAndQuery;
use http_body::Body as HttpBody;
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codegen::{Bytes, StdError};
use tonic::{Request, Response, Status, Streaming};
use user_proto::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse,
};

use super::MAX_RESPONSE_BYTES;

/// A client of all calls.
#[derive(Clone, Debug)]
pub struct ThriftClient<S>(Grpc<S>);

impl<S> ThriftClient<S>
where
    S: GrpcService<Body> + Clone,
    S::ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    /// A client on `channel`, which speaks Thrift.
    pub(super) fn new(channel: S) -> Self {
        Self(Grpc::new(channel).max_decoding_message_size(MAX_RESPONSE_BYTES))
    }

    pub(super) async fn get_user(
        &mut self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        let path = PathAndQuery::from_static("/user.v1.UserService/GetUser");
        let grpc = self.ready().await?;
        grpc.unary(request, path, ThriftCodec::default()).await
    }

    pub(super) async fn create_user(
        &mut self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        let path = PathAndQuery::from_static("/user.v1.UserService/CreateUser");
        let grpc = self.ready().await?;
        grpc.unary(request, path, ThriftCodec::default()).await
    }

    pub(super) async fn list_users(
        &mut self,
        request: Request<ListUsersRequest>,
    ) -> Result<Response<Streaming<ListUsersResponse>>, Status> {
        let path = PathAndQuery::from_static("/user.v1.UserService/ListUsers");
        let grpc = self.ready().await?;
        let codec = ThriftCodec::streaming();
        grpc.server_streaming(request, path, codec).await
    }

    pub(super) async fn create_users(
        &mut self,
        requests: Request<impl Stream<Item = CreateUsersRequest> + Send + 'static>,
    ) -> Result<Response<CreateUsersResponse>, Status> {
        let path = PathAndQuery::from_static("/user.v1.UserService/CreateUsers");
        let grpc = self.ready().await?;
        let codec = ThriftCodec::streaming();
        grpc.client_streaming(requests, path, codec).await
    }

    pub(super) async fn get_users(
        &mut self,
        requests: Request<impl Stream<Item = GetUsersRequest> + Send + 'static>,
    ) -> Result<Response<Streaming<GetUsersResponse>>, Status> {
        let path = PathAndQuery::from_static("/user.v1.UserService/GetUsers");
        let grpc = self.ready().await?;
        let codec = ThriftCodec::streaming();
        grpc.streaming(requests, path, codec).await
    }

    async fn ready(&mut self) -> Result<&mut Grpc<S>, Status> {
        let ready = self.0.ready().await;
        ready.map_err(|error| Status::from_error(error.into()))?;
        Ok(&mut self.0)
    }
}
