//! The structs of the guide's `user.thrift`, as a service writes them.

use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer, required};

#[derive(Debug, Eq, PartialEq)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: Option<String>,
    pub(crate) created_at: i64,
}

#[derive(Debug, Eq, PartialEq)]
pub(crate) struct GetUserRequest {
    pub(crate) user_id: i64,
}

#[derive(Debug, Eq, PartialEq)]
pub(crate) struct GetUserResponse {
    pub(crate) user: User,
    pub(crate) message: String,
}

impl Decode for User {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut id, mut name, mut email, mut phone, mut created_at) =
            (None, None, None, None, None);
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::I64) => id = Some(reader.i64()?),
                (2, Type::String) => name = Some(reader.string()?.to_owned()),
                (3, Type::String) => email = Some(reader.string()?.to_owned()),
                (4, Type::String) => phone = Some(reader.string()?.to_owned()),
                (5, Type::I64) => created_at = Some(reader.i64()?),
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(Self {
            id: required(id, "id")?,
            name: required(name, "name")?,
            email: required(email, "email")?,
            phone,
            created_at: required(created_at, "created_at")?,
        })
    }
}

impl Encode for User {
    /// In the order of Kitex, which writes fields of fixed length first.
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.i64_field(1, self.id);
        writer.i64_field(5, self.created_at);
        writer.string_field(2, &self.name);
        writer.string_field(3, &self.email);
        if let Some(phone) = &self.phone {
            writer.string_field(4, phone);
        }
    }
}

impl Decode for GetUserRequest {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut user_id = None;
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::I64) => user_id = Some(reader.i64()?),
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(Self {
            user_id: required(user_id, "user_id")?,
        })
    }
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
            user: required(user, "user")?,
            message: required(message, "message")?,
        })
    }
}

impl Encode for GetUserResponse {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.struct_field(1, &self.user);
        writer.string_field(2, &self.message);
    }
}

/// The user that the captured server returned.
pub(crate) fn ada(id: i64) -> GetUserResponse {
    GetUserResponse {
        user: User {
            id,
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            phone: Some("+4930123456".to_owned()),
            created_at: 1_700_000_000,
        },
        message: "success".to_owned(),
    }
}
