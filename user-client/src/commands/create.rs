//! `create`: one new user.

use serde_json::json;
use user_proto::v1::CreateUserRequest;
use uuid::Uuid;

use crate::args::{Format, NewUser};
use crate::client::UserClient;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;

/// Creates `user` and shows its id. Without a request id of the user's own a
/// fresh one goes along, so that a failure can name what makes a repeat safe.
///
/// # Errors
/// When the user could not be created.
pub async fn run(
    user: NewUser,
    client: &UserClient,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let request_id = user.request_id.unwrap_or_else(Uuid::new_v4).to_string();
    let request = CreateUserRequest {
        name: user.name,
        email: user.email,
        phone: user.phone,
        request_id: request_id.clone(),
    };
    let user_id = match client.create(request).await {
        Ok(user_id) => user_id,
        Err(failure) if failure.retryability.is_uncertain() => {
            return Err(Failure {
                request_id: Some(request_id),
                ..failure
            });
        }
        Err(failure) => return Err(failure),
    };
    match console.format() {
        Format::Table => console.line(&format!("created user {user_id}"))?,
        Format::Json => console.json(&json!({"user_id": user_id, "request_id": request_id}))?,
    }
    Ok(Outcome::Ok)
}
