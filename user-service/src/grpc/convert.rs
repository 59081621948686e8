//! Between the messages on the wire and the types of the domain.

use user_proto::v1;

use crate::domain::{UncheckedUser, User};

impl From<v1::CreateUserRequest> for UncheckedUser {
    fn from(request: v1::CreateUserRequest) -> Self {
        Self {
            name: request.name,
            email: request.email,
            phone: request.phone,
            request_id: request.request_id,
        }
    }
}

impl From<User> for v1::User {
    fn from(user: User) -> Self {
        Self {
            id: user.id.get(),
            name: user.name,
            email: user.email,
            phone: user.phone,
            created_at: user.created_at,
        }
    }
}
