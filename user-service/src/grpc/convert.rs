//! Between the messages on the wire and the types of the domain.

use prost::Message;
use tonic::Status;
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

impl From<v1::CreateUsersRequest> for UncheckedUser {
    fn from(request: v1::CreateUsersRequest) -> Self {
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

/// `status` as a message, for the part of a stream that it is about.
pub(super) fn status(status: &Status) -> tonic_types::Status {
    // The details of a status are this very message, encoded.
    tonic_types::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}
