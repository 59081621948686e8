//! The RPCs: convert in, call the domain, convert out.

mod convert;
mod create_users;
mod found_user;
mod get_users;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, TryStreamExt};
use grpc_server::InFlightPermit;
use tonic::codec::CompressionEncoding;
use tonic::{Request, Response, Status, Streaming};
use user_proto::v1::user_service_server::{UserService, UserServiceServer};
use user_proto::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse,
};

pub(crate) use self::found_user::FoundUser;
use crate::domain::Users;
use crate::status;

/// The largest request message, in bytes after decompression. A user is some hundreds.
pub(crate) const MAX_REQUEST_BYTES: usize = 1024 * 1024;

/// `user.v1.UserService` over the domain.
pub struct Grpc {
    users: Users,
}

impl Grpc {
    /// The calls of `users`.
    pub fn new(users: Users) -> Self {
        Self { users }
    }

    /// The service for tonic.
    pub fn server(self: Arc<Self>) -> UserServiceServer<Self> {
        UserServiceServer::from_arc(self)
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(MAX_REQUEST_BYTES)
    }
}

/// The unary calls. None of them reads the metadata of its request.
impl Grpc {
    pub(crate) async fn get(&self, request: GetUserRequest) -> Result<FoundUser, Status> {
        let user = self.users.get(request.user_id).await;
        user.map(FoundUser).map_err(status::of)
    }

    pub(crate) async fn create(
        &self,
        request: CreateUserRequest,
    ) -> Result<CreateUserResponse, Status> {
        let user = self.users.create(request.into()).await;
        let user = user.map_err(status::of)?;
        Ok(CreateUserResponse {
            user_id: user.id.get(),
            message: "user created".to_owned(),
        })
    }
}

type ResponseStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl UserService for Grpc {
    async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        let found = self.get(request.into_inner()).await?;
        Ok(Response::new(found.into()))
    }

    async fn create_user(
        &self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        self.create(request.into_inner()).await.map(Response::new)
    }

    type ListUsersStream = ResponseStream<ListUsersResponse>;

    async fn list_users(
        &self,
        request: Request<ListUsersRequest>,
    ) -> Result<Response<Self::ListUsersStream>, Status> {
        let request = request.into_inner();
        let users = self.users.list(request.after_user_id, request.limit);
        let users = users.map_err(status::of)?.map_err(status::of);
        let responses = users.map_ok(|user| ListUsersResponse {
            user: Some(user.into()),
        });
        Ok(Response::new(Box::pin(responses)))
    }

    async fn create_users(
        &self,
        request: Request<Streaming<CreateUsersRequest>>,
    ) -> Result<Response<CreateUsersResponse>, Status> {
        let place = request.extensions().get::<InFlightPermit>().cloned();
        let rows = request.into_inner();
        let response = create_users::respond(&self.users, place, rows).await?;
        Ok(Response::new(response))
    }

    type GetUsersStream = ResponseStream<GetUsersResponse>;

    async fn get_users(
        &self,
        request: Request<Streaming<GetUsersRequest>>,
    ) -> Result<Response<Self::GetUsersStream>, Status> {
        let responses = get_users::respond(self.users.clone(), request.into_inner());
        Ok(Response::new(Box::pin(responses)))
    }
}
