//! `connectrpc-peer`: user.v1.UserService/GetUser with a constant, on one thread.

/// What build.rs generates.
mod proto {
    connectrpc::include_generated!();
}

use std::error::Error;
use std::sync::Arc;

use connectrpc::{RequestContext, Response, Router, Server, ServiceRequest, ServiceResult};

use self::proto::user::v1::{GetUserRequest, GetUserResponse, User, UserService};

struct Constant;

#[expect(refining_impl_trait, reason = "the type itself is shorter")]
impl UserService for Constant {
    async fn get_user(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, GetUserRequest>,
    ) -> ServiceResult<GetUserResponse> {
        let user = User {
            id: request.user_id,
            name: "User 1".to_owned(),
            email: "user1@example.com".to_owned(),
            ..User::default()
        };
        Response::ok(GetUserResponse {
            user: user.into(),
            message: "success".to_owned(),
            ..GetUserResponse::default()
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let server = Server::bind("127.0.0.1:0").await?;
    println!("http://{}", server.local_addr()?);
    let router = Router::new().add_service(Arc::new(Constant));
    server.serve(router).await
}
