//! `User`.

use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer, required};

use crate::v1::User;

impl Decode for User {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut id, mut created_at) = (None, None);
        let (mut name, mut email, mut phone) = (None, None, None);
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
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.i64_field(1, self.id);
        writer.string_field(2, &self.name);
        writer.string_field(3, &self.email);
        if let Some(phone) = &self.phone {
            writer.string_field(4, phone);
        }
        writer.i64_field(5, self.created_at);
    }
}

#[cfg(test)]
mod tests {
    use kitex_codec::thrift::{decode, encode};

    use super::*;

    #[test]
    fn a_user_survives_its_encoding() {
        let mut user = User {
            id: 7,
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            phone: Some("+4930123456".to_owned()),
            created_at: 1_700_000_000,
        };
        assert_eq!(decode(&encode(&user)), Ok(user.clone()));
        user.phone = None;
        assert_eq!(decode(&encode(&user)), Ok(user));
    }
}
