//! Users to create, and a client that creates them.

use tonic::transport::{Channel, Endpoint};
use user_proto::v1::CreateUserRequest;
use user_proto::v1::user_service_client::UserServiceClient;
use uuid::Uuid;

/// The largest list that a plain client takes in one message, in bytes.
const MAX_MESSAGE: usize = 64 << 20;

/// A client of tonic alone, which knows nothing of tracing and retries.
///
/// # Panics
/// If nothing listens at `url`.
pub async fn plain_client(url: &str) -> UserServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(url.to_owned()).expect("it is a URL");
    let channel = endpoint.connect().await.expect("the service listens");
    UserServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE)
}

/// A user that no other test has created, with a request id.
pub fn new_user() -> CreateUserRequest {
    let id = Uuid::new_v4();
    CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: format!("{}@example.com", id.simple()),
        phone: None,
        request_id: id.to_string(),
    }
}

/// The same user each time, without a request id.
pub fn ada() -> CreateUserRequest {
    CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        ..CreateUserRequest::default()
    }
}
