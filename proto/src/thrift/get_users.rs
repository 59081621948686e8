//! `GetUsers`.

use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer, required};

use super::get_user::user_id;
use super::status::{Incoming, Outgoing};
use crate::v1::get_users_response::Result as Outcome;
use crate::v1::{GetUsersRequest, GetUsersResponse};

impl Decode for GetUsersRequest {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let user_id = user_id(reader)?;
        Ok(Self { user_id })
    }
}

impl Encode for GetUsersRequest {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.i64_field(1, self.user_id);
    }
}

impl Decode for GetUsersResponse {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut user_id, mut result) = (None, None);
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::I64) => user_id = Some(reader.i64()?),
                (2, Type::Struct) => result = Some(Outcome::User(reader.structure()?)),
                (3, Type::Struct) => {
                    let Incoming(status) = reader.structure()?;
                    result = Some(Outcome::Error(status));
                }
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(Self {
            user_id: required(user_id, "user_id")?,
            result,
        })
    }
}

impl Encode for GetUsersResponse {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.i64_field(1, self.user_id);
        match &self.result {
            Some(Outcome::User(user)) => writer.struct_field(2, user),
            Some(Outcome::Error(status)) => writer.struct_field(3, &Outgoing(status)),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use kitex_codec::thrift::{decode, encode};
    use tonic_types::Status;

    use super::*;
    use crate::v1::User;

    #[test]
    fn both_messages_survive_their_encoding() {
        let request = GetUsersRequest { user_id: 7 };
        assert_eq!(decode(&encode(&request)), Ok(request));
        let missing = Status {
            code: 5,
            message: "no user has the id 7".to_owned(),
            details: Vec::new(),
        };
        for result in [Outcome::User(User::default()), Outcome::Error(missing)] {
            let response = GetUsersResponse {
                user_id: 7,
                result: Some(result),
            };
            assert_eq!(decode(&encode(&response)), Ok(response));
        }
    }
}
