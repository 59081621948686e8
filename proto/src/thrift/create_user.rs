//! `CreateUser`.

use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer, required};

use crate::v1::{CreateUserRequest, CreateUserResponse};

impl Decode for CreateUserRequest {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut name, mut email, mut phone) = (None, None, None);
        let mut request_id = String::new();
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::String) => name = Some(reader.string()?.to_owned()),
                (2, Type::String) => email = Some(reader.string()?.to_owned()),
                (3, Type::String) => phone = Some(reader.string()?.to_owned()),
                (4, Type::String) => reader.string()?.clone_into(&mut request_id),
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(Self {
            name: required(name, "name")?,
            email: required(email, "email")?,
            phone,
            request_id,
        })
    }
}

impl Encode for CreateUserRequest {
    fn encode(&self, writer: &mut Writer<'_>) {
        let row = Row {
            name: &self.name,
            email: &self.email,
            phone: self.phone.as_deref(),
            request_id: &self.request_id,
        };
        row.encode(writer);
    }
}

/// What the requests for one user and for many have in common.
pub(super) struct Row<'a> {
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) phone: Option<&'a str>,
    pub(super) request_id: &'a str,
}

impl Encode for Row<'_> {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.string_field(1, self.name);
        writer.string_field(2, self.email);
        if let Some(phone) = self.phone {
            writer.string_field(3, phone);
        }
        if !self.request_id.is_empty() {
            writer.string_field(4, self.request_id);
        }
    }
}

impl Decode for CreateUserResponse {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut user_id, mut message) = (None, None);
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::I64) => user_id = Some(reader.i64()?),
                (2, Type::String) => message = Some(reader.string()?.to_owned()),
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(Self {
            user_id: required(user_id, "user_id")?,
            message: required(message, "message")?,
        })
    }
}

impl Encode for CreateUserResponse {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.i64_field(1, self.user_id);
        writer.string_field(2, &self.message);
    }
}

#[cfg(test)]
mod tests {
    use kitex_codec::thrift::{decode, encode};

    use super::*;

    #[test]
    fn both_messages_survive_their_encoding() {
        let mut request = CreateUserRequest {
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            phone: Some("+4930123456".to_owned()),
            request_id: "7f1c".to_owned(),
        };
        assert_eq!(decode(&encode(&request)), Ok(request.clone()));
        request.phone = None;
        request.request_id = String::new();
        assert_eq!(decode(&encode(&request)), Ok(request));
        let response = CreateUserResponse {
            user_id: 7,
            message: "user created".to_owned(),
        };
        assert_eq!(decode(&encode(&response)), Ok(response));
    }
}
