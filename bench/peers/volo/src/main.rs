//! `volo-peer`: user.v1.UserService/GetUser with a constant, on one thread.

/// What build.rs generates.
mod proto {
    include!(concat!(env!("OUT_DIR"), "/volo_gen.rs"));
}

use std::error::Error;

use tokio::net::TcpListener;
use volo::net::incoming::DefaultIncoming;
use volo_grpc::server::{Server, ServiceBuilder};
use volo_grpc::{BoxStream, RecvStream, Request, Response, Status};

use self::proto::volo_gen::user::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse, User,
    UserService, UserServiceServer,
};

struct Constant;

impl UserService for Constant {
    async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        let user = User {
            id: request.get_ref().user_id,
            name: "User 1".into(),
            email: "user1@example.com".into(),
            ..User::default()
        };
        Ok(Response::new(GetUserResponse {
            user: Some(user),
            message: "success".into(),
        }))
    }

    async fn create_user(
        &self,
        _: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        Err(not_here())
    }

    async fn list_users(
        &self,
        _: Request<ListUsersRequest>,
    ) -> Result<Response<BoxStream<'static, Result<ListUsersResponse, Status>>>, Status> {
        Err(not_here())
    }

    async fn create_users(
        &self,
        _: Request<RecvStream<CreateUsersRequest>>,
    ) -> Result<Response<CreateUsersResponse>, Status> {
        Err(not_here())
    }

    async fn get_users(
        &self,
        _: Request<RecvStream<GetUsersRequest>>,
    ) -> Result<Response<BoxStream<'static, Result<GetUsersResponse, Status>>>, Status> {
        Err(not_here())
    }
}

fn not_here() -> Status {
    Status::unimplemented("only GetUser is served")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let service = ServiceBuilder::new(UserServiceServer::new(Constant)).build();
    let server = Server::new().add_service(service);
    server.run(DefaultIncoming::from(listener)).await
}
