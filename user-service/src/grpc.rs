//! The RPCs: convert in, call the domain, convert out.

mod convert;

use std::pin::Pin;

use futures_util::Stream;
use tonic::{Request, Response, Status, Streaming};
use user_proto::v1::user_service_server::{UserService, UserServiceServer};
use user_proto::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse,
};

use crate::domain::Users;
use crate::status;

/// The largest request, in bytes. A user is some hundreds.
const MAX_REQUEST_BYTES: usize = 1024 * 1024;

/// `user.v1.UserService` over the domain.
pub struct Grpc {
    users: Users,
}

impl Grpc {
    /// The service for tonic.
    pub fn server(users: Users) -> UserServiceServer<Self> {
        UserServiceServer::new(Self { users }).max_decoding_message_size(MAX_REQUEST_BYTES)
    }
}

type ResponseStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl UserService for Grpc {
    async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        let user = self.users.get(request.into_inner().user_id).await;
        let user = user.map_err(status::of)?;
        Ok(Response::new(GetUserResponse {
            user: Some(user.into()),
            message: "success".to_owned(),
        }))
    }

    async fn create_user(
        &self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        let user = self.users.create(request.into_inner().into()).await;
        let user = user.map_err(status::of)?;
        Ok(Response::new(CreateUserResponse {
            user_id: user.id.get(),
            message: "user created".to_owned(),
        }))
    }

    type ListUsersStream = ResponseStream<ListUsersResponse>;

    async fn list_users(
        &self,
        _request: Request<ListUsersRequest>,
    ) -> Result<Response<Self::ListUsersStream>, Status> {
        Err(Status::unimplemented("ListUsers is not there yet"))
    }

    async fn create_users(
        &self,
        _request: Request<Streaming<CreateUsersRequest>>,
    ) -> Result<Response<CreateUsersResponse>, Status> {
        Err(Status::unimplemented("CreateUsers is not there yet"))
    }

    type GetUsersStream = ResponseStream<GetUsersResponse>;

    async fn get_users(
        &self,
        _request: Request<Streaming<GetUsersRequest>>,
    ) -> Result<Response<Self::GetUsersStream>, Status> {
        Err(Status::unimplemented("GetUsers is not there yet"))
    }
}
