//! The IDL against the proto, and against the IDL that clients were generated from.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use user_proto::v1::FILE_DESCRIPTOR_SET;

use super::idl::{Field, Idl, Method};

/// The IDL of the guide, from which clients were generated.
const GUIDE: &str = "
namespace go user

struct User {
    1: required i64 id
    2: required string name
    3: required string email
    4: optional string phone
    5: required i64 created_at
}

struct GetUserRequest {
    1: required i64 user_id
}

struct GetUserResponse {
    1: required User user
    2: required string message
}

struct CreateUserRequest {
    1: required string name
    2: required string email
    3: optional string phone
}

struct CreateUserResponse {
    1: required i64 user_id
    2: required string message
}

service UserService {
    GetUserResponse GetUser(1: GetUserRequest req)
    CreateUserResponse CreateUser(1: CreateUserRequest req)
}
";
/// In the proto this is `google.rpc.Status`, whose details are protobuf of any type.
const STATUS: &str = "Status";
/// In the proto this lies in the response.
const FAILURE: (&str, &str) = ("CreateUsersFailure", "Failure");

fn proto() -> FileDescriptorProto {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
    let mut files = set.file.into_iter();
    let ours = files.find(|file| file.name() == "user/v1/user.proto");
    ours.unwrap()
}

/// The messages of the proto by the names that their structs have.
fn messages(file: &FileDescriptorProto) -> BTreeMap<String, DescriptorProto> {
    let all = file.message_type.iter();
    let all = all.flat_map(|message| [message].into_iter().chain(&message.nested_type));
    let named = all.map(|message| {
        let name = match message.name() {
            name if name == FAILURE.1 => FAILURE.0,
            name => name,
        };
        (name.to_owned(), message.clone())
    });
    named.collect()
}

/// The type that the IDL has for `field`.
fn kind(field: &FieldDescriptorProto) -> String {
    let kind = match field.r#type() {
        Type::Int64 => "i64",
        Type::Int32 => "i32",
        Type::String => "string",
        Type::Message => match field.type_name().rsplit('.').next().unwrap() {
            name if name == FAILURE.1 => FAILURE.0,
            name => name,
        },
        other => panic!("{other:?} of {}", field.name()),
    };
    match field.label() {
        Label::Repeated => format!("list<{kind}>"),
        _ => kind.to_owned(),
    }
}

#[test]
fn every_struct_has_the_fields_of_its_message() {
    let messages = messages(&proto());
    let mut structs = Idl::ours().structs;
    let status = structs.remove(STATUS).unwrap();
    assert_eq!(status[&1].kind, "i32");
    assert_eq!(status[&2].kind, "string");
    assert!(structs.keys().eq(messages.keys()), "{:?}", messages.keys());
    for (name, fields) in structs {
        let numbered = |field: &FieldDescriptorProto| {
            let name = field.name().to_owned();
            (field.number(), (name, kind(field)))
        };
        let expected: BTreeMap<_, _> = messages[&name].field.iter().map(numbered).collect();
        let found: BTreeMap<_, _> = fields
            .into_iter()
            .map(|(number, field)| (number, (field.name, field.kind)))
            .collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn what_may_be_missing_in_the_proto_is_optional() {
    let messages = messages(&proto());
    for (name, fields) in Idl::ours().structs {
        let Some(message) = messages.get(&name) else {
            continue;
        };
        for field in &message.field {
            // Synthetic for a field that is `optional` by itself.
            let may_be_missing = field.oneof_index.is_some();
            let is_required = fields[&field.number()].is_required;
            let message = format!("{name}.{}", field.name());
            assert!(!(may_be_missing && is_required), "{message}");
        }
    }
}

#[test]
fn every_method_streams_as_that_of_the_proto() {
    let file = proto();
    let expected = file.service[0].method.iter().map(|method| {
        let last = |name: &str| name.rsplit('.').next().unwrap().to_owned();
        let streaming = match (method.client_streaming(), method.server_streaming()) {
            (false, false) => "",
            (false, true) => "server",
            (true, false) => "client",
            (true, true) => "bidirectional",
        };
        let expected = Method {
            request: last(method.input_type()),
            response: last(method.output_type()),
            streaming: streaming.to_owned(),
        };
        (method.name().to_owned(), expected)
    });
    assert_eq!(Idl::ours().methods, expected.collect());
}

#[test]
fn clients_of_the_guide_work_unchanged() {
    let (guide, ours) = (Idl::parse(GUIDE), Idl::ours());
    assert_eq!(guide.structs.len(), 5);
    for (name, old) in guide.structs {
        let mut new: BTreeMap<i32, Field> = ours.structs[&name].clone();
        for (number, field) in old {
            assert_eq!(new.remove(&number), Some(field), "{name}");
        }
        let demanded = new.values().find(|field| field.is_required);
        assert_eq!(demanded, None, "{name}");
    }
    for (name, method) in guide.methods {
        assert_eq!(ours.methods[&name], method, "{name}");
    }
}
