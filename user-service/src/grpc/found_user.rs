//! The response to `GetUser`, encoded from where the user is kept: a message would have copies of
//! all its texts.

use std::sync::Arc;

use grpc_server::Encode;
use prost::bytes::Bytes;
use prost::encoding::{WireType, bytes, encode_key, encode_varint, int64, string};
use prost::encoding::{encoded_len_varint, key_len};
use user_proto::v1::GetUserResponse;

use crate::domain::User;

const SUCCESS: Bytes = Bytes::from_static(b"success");

/// A `GetUserResponse` with this user.
pub(crate) struct FoundUser(pub(super) Arc<User>);

impl From<FoundUser> for GetUserResponse {
    fn from(FoundUser(user): FoundUser) -> Self {
        Self {
            user: Some(Arc::unwrap_or_clone(user).into()),
            message: String::from_utf8_lossy(&SUCCESS).into_owned(),
        }
    }
}

/// Fields as `user.proto` numbers them, also those with their default values.
impl Encode for FoundUser {
    fn encoded_len(&self) -> usize {
        let user = length(&self.0);
        key_len(1) + encoded_len_varint(user as u64) + user + bytes::encoded_len(2, &SUCCESS)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        encode_key(1, WireType::LengthDelimited, out);
        encode_varint(length(&self.0) as u64, out);
        encode(&self.0, out);
        bytes::encode(2, &SUCCESS, out);
    }
}

fn length(user: &User) -> usize {
    let phone = user.phone.as_ref();
    int64::encoded_len(1, &user.id.get())
        + string::encoded_len(2, &user.name)
        + string::encoded_len(3, &user.email)
        + phone.map_or(0, |phone| string::encoded_len(4, phone))
        + int64::encoded_len(5, &user.created_at)
}

fn encode(user: &User, out: &mut Vec<u8>) {
    int64::encode(1, &user.id.get(), out);
    string::encode(2, &user.name, out);
    string::encode(3, &user.email, out);
    if let Some(phone) = &user.phone {
        string::encode(4, phone, out);
    }
    int64::encode(5, &user.created_at, out);
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::domain::sample;

    #[test]
    fn a_user_is_encoded_as_the_message_would_be() {
        let long = User {
            name: "n".repeat(200),
            phone: Some("+4930123456".into()),
            created_at: -1,
            ..sample::user(i64::MAX)
        };
        let without_date = User {
            created_at: 0,
            ..sample::user(7)
        };
        for user in [sample::user(7), long, without_date] {
            let found = FoundUser(Arc::new(user));
            let mut encoded = Vec::new();
            found.encode(&mut encoded);

            assert_eq!(encoded.len(), found.encoded_len());
            let decoded = GetUserResponse::decode(&*encoded);
            assert_eq!(decoded, Ok(found.into()));
        }
    }
}
