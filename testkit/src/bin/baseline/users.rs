//! The two unary methods.

use sqlx::{PgPool, Row};
use tonic::codegen::tokio_stream::Empty;
use tonic::{Request, Response, Status, Streaming};
use user_proto::v1::user_service_server::UserService;
use user_proto::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse, User,
};

/// Users in a pool, or the same one for every id.
pub(crate) struct Users {
    pub(crate) pool: Option<PgPool>,
}

impl Users {
    async fn look_up(&self, id: i64) -> Result<User, sqlx::Error> {
        let Some(pool) = &self.pool else {
            return Ok(constant(id));
        };
        let row = sqlx::query("SELECT id, name, email, created_at FROM users WHERE id = $1")
            .bind(id)
            .fetch_one(pool)
            .await?;
        Ok(User {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            created_at: row.try_get("created_at")?,
            ..User::default()
        })
    }
}

#[tonic::async_trait]
impl UserService for Users {
    async fn get_user(
        &self,
        request: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        let user = self.look_up(request.into_inner().user_id).await;
        Ok(Response::new(answer(user.map_err(internal)?)))
    }

    async fn create_user(
        &self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        let CreateUserRequest { name, email, .. } = request.into_inner();
        let Some(pool) = &self.pool else {
            return Err(not_here());
        };
        let created =
            sqlx::query_scalar("INSERT INTO users (name, email) VALUES ($1, $2) RETURNING id")
                .bind(name)
                .bind(email)
                .fetch_one(pool)
                .await;
        Ok(Response::new(CreateUserResponse {
            user_id: created.map_err(internal)?,
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

/// The user without a store, under any id.
pub(crate) fn constant(id: i64) -> User {
    User {
        id,
        name: "User 1".to_owned(),
        email: "user1@example.com".to_owned(),
        ..User::default()
    }
}

pub(crate) fn answer(user: User) -> GetUserResponse {
    GetUserResponse {
        user: Some(user),
        message: "success".to_owned(),
    }
}

fn internal(error: sqlx::Error) -> Status {
    Status::internal(error.to_string())
}

fn not_here() -> Status {
    Status::unimplemented("only what is compared is served")
}
