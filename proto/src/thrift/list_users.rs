//! `ListUsers`.

use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer, required};

use crate::v1::{ListUsersRequest, ListUsersResponse};

impl Decode for ListUsersRequest {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut request = Self::default();
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::I64) => request.after_user_id = reader.i64()?,
                (2, Type::I32) => request.limit = reader.i32()?,
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(request)
    }
}

impl Encode for ListUsersRequest {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.i64_field(1, self.after_user_id);
        writer.i32_field(2, self.limit);
    }
}

impl Decode for ListUsersResponse {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut user = None;
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::Struct) => user = Some(reader.structure()?),
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(Self {
            user: Some(required(user, "user")?),
        })
    }
}

impl Encode for ListUsersResponse {
    fn encode(&self, writer: &mut Writer<'_>) {
        if let Some(user) = &self.user {
            writer.struct_field(1, user);
        }
    }
}

#[cfg(test)]
mod tests {
    use kitex_codec::thrift::{decode, encode};

    use super::*;
    use crate::v1::User;

    #[test]
    fn both_messages_survive_their_encoding() {
        let request = ListUsersRequest {
            after_user_id: 7,
            limit: 2,
        };
        assert_eq!(decode(&encode(&request)), Ok(request));
        let response = ListUsersResponse {
            user: Some(User::default()),
        };
        assert_eq!(decode(&encode(&response)), Ok(response));
    }

    #[test]
    fn absent_fields_ask_for_all_users() {
        assert_eq!(decode(b"\0"), Ok(ListUsersRequest::default()));
    }
}
