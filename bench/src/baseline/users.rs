//! The two unary methods.

use tonic::codegen::tokio_stream::Empty;
use tonic::{Request, Response, Status, Streaming};
use user_proto::v1::user_service_server::UserService;
use user_proto::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse, User,
};

use crate::store::Store;

/// Users, in a store or none.
pub(crate) struct Users {
    pub(crate) store: Store,
}

#[tonic::async_trait]
impl UserService for Users {
    async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        let user = self.store.get(request.into_inner().user_id).await?;
        Ok(Response::new(answer(user)))
    }

    async fn create_user(
        &self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        let CreateUserRequest { name, email, .. } = request.into_inner();
        let user_id = self.store.create(&name, &email).await?;
        Ok(Response::new(CreateUserResponse {
            user_id,
            message: "user created".to_owned(),
        }))
    }

    type ListUsersStream = Empty<Result<ListUsersResponse, Status>>;

    async fn list_users(
        &self,
        _: Request<ListUsersRequest>,
    ) -> Result<Response<Self::ListUsersStream>, Status> {
        Err(not_here())
    }

    async fn create_users(
        &self,
        _: Request<Streaming<CreateUsersRequest>>,
    ) -> Result<Response<CreateUsersResponse>, Status> {
        Err(not_here())
    }

    type GetUsersStream = Empty<Result<GetUsersResponse, Status>>;

    async fn get_users(
        &self,
        _: Request<Streaming<GetUsersRequest>>,
    ) -> Result<Response<Self::GetUsersStream>, Status> {
        Err(not_here())
    }
}

pub(crate) fn answer(user: User) -> GetUserResponse {
    GetUserResponse {
        user: Some(user),
        message: "success".to_owned(),
    }
}

fn not_here() -> Status {
    Status::unimplemented("only what is compared is served")
}
