//! Users to create in workflows. No two are alike, so that a workflow can be
//! repeated indefinitely.

use user_proto::v1::CreateUserRequest;
use uuid::Uuid;

/// A user that does not exist yet.
pub fn new_user() -> CreateUserRequest {
    let unique = Uuid::new_v4();
    CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: format!("ada.{}@example.com", unique.simple()),
        phone: Some("+4930123456".to_owned()),
        request_id: Uuid::new_v4().to_string(),
    }
}
