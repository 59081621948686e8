//! `GetUser`.

use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer, required};

use crate::v1::{GetUserRequest, GetUserResponse};

impl Decode for GetUserRequest {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let user_id = user_id(reader)?;
        Ok(Self { user_id })
    }
}

/// The only field of the requests for one user and for many.
pub(super) fn user_id(reader: &mut Reader<'_>) -> Result<i64, DecodeError> {
    let mut user_id = None;
    while let Some(field) = reader.field()? {
        match (field.id, field.kind) {
            (1, Type::I64) => user_id = Some(reader.i64()?),
            _ => reader.skip(field.kind)?,
        }
    }
    required(user_id, "user_id")
}

impl Encode for GetUserRequest {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.i64_field(1, self.user_id);
    }
}

impl Decode for GetUserResponse {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut user, mut message) = (None, None);
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::Struct) => user = Some(reader.structure()?),
                (2, Type::String) => message = Some(reader.string()?.to_owned()),
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(Self {
            user: Some(required(user, "user")?),
            message: required(message, "message")?,
        })
    }
}

impl Encode for GetUserResponse {
    fn encode(&self, writer: &mut Writer<'_>) {
        if let Some(user) = &self.user {
            writer.struct_field(1, user);
        }
        writer.string_field(2, &self.message);
    }
}

#[cfg(test)]
mod tests {
    use kitex_codec::thrift::{decode, encode};

    use super::*;
    use crate::v1::User;

    #[test]
    fn both_messages_survive_their_encoding() {
        let request = GetUserRequest { user_id: i64::MAX };
        assert_eq!(decode(&encode(&request)), Ok(request));
        let response = GetUserResponse {
            user: Some(User::default()),
            message: "success".to_owned(),
        };
        assert_eq!(decode(&encode(&response)), Ok(response));
    }

    #[test]
    fn required_fields_are_demanded() {
        let missing = |field| Err(DecodeError::MissingField(field));
        assert_eq!(decode::<GetUserRequest>(b"\0"), missing("user_id"));
        assert_eq!(
            decode(&encode(&GetUserResponse::default())),
            Err::<GetUserResponse, _>(DecodeError::MissingField("user"))
        );
    }
}
