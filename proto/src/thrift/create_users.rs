//! `CreateUsers`.

use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer, required};

use super::create_user::Row;
use super::status::{Incoming, Outgoing};
use crate::v1::create_users_response::Failure;
use crate::v1::{CreateUserRequest, CreateUsersRequest, CreateUsersResponse};

impl Decode for CreateUsersRequest {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        // It has the same fields.
        let row = CreateUserRequest::decode(reader)?;
        Ok(Self {
            name: row.name,
            email: row.email,
            phone: row.phone,
            request_id: row.request_id,
        })
    }
}

impl Encode for CreateUsersRequest {
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

impl Decode for CreateUsersResponse {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut created_count, mut ids, mut rejected) = (None, None, None);
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::I64) => created_count = Some(reader.i64()?),
                (2, Type::List) => ids = Some(user_ids(reader)?),
                (3, Type::List) => rejected = Some(failures(reader)?),
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(Self {
            created_count: required(created_count, "created_count")?,
            user_ids: required(ids, "user_ids")?,
            failures: required(rejected, "failures")?,
        })
    }
}

fn user_ids(reader: &mut Reader<'_>) -> Result<Vec<i64>, DecodeError> {
    let count = reader.list(Type::I64)?;
    (0..count).map(|_| reader.i64()).collect()
}

fn failures(reader: &mut Reader<'_>) -> Result<Vec<Failure>, DecodeError> {
    let mut failures = Vec::new();
    for _ in 0..reader.list(Type::Struct)? {
        failures.push(reader.structure()?);
    }
    Ok(failures)
}

impl Encode for CreateUsersResponse {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.i64_field(1, self.created_count);
        writer
            .field(2, Type::List)
            .list(Type::I64, self.user_ids.len());
        for user_id in &self.user_ids {
            writer.i64(*user_id);
        }
        writer.structs_field(3, &self.failures);
    }
}

impl Decode for Failure {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut index, mut status) = (None, None);
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::I64) => index = Some(reader.i64()?),
                (2, Type::Struct) => status = Some(reader.structure()?),
                _ => reader.skip(field.kind)?,
            }
        }
        let Incoming(status) = required(status, "status")?;
        Ok(Self {
            index: required(index, "index")?,
            status: Some(status),
        })
    }
}

impl Encode for Failure {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.i64_field(1, self.index);
        if let Some(status) = &self.status {
            writer.struct_field(2, &Outgoing(status));
        }
    }
}

#[cfg(test)]
mod tests {
    use kitex_codec::thrift::{decode, encode};
    use tonic_types::Status;

    use super::*;

    #[test]
    fn both_messages_survive_their_encoding() {
        let mut request = CreateUsersRequest {
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            phone: Some("+4930123456".to_owned()),
            request_id: "7f1c".to_owned(),
        };
        assert_eq!(decode(&encode(&request)), Ok(request.clone()));
        request.phone = None;
        request.request_id = String::new();
        assert_eq!(decode(&encode(&request)), Ok(request));
        let taken = Status {
            code: 6,
            message: "the address is taken".to_owned(),
            details: Vec::new(),
        };
        let response = CreateUsersResponse {
            created_count: 2,
            user_ids: vec![7, i64::MAX],
            failures: vec![Failure {
                index: 1,
                status: Some(taken),
            }],
        };
        assert_eq!(decode(&encode(&response)), Ok(response));
    }
}
