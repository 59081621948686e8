#![expect(clippy::unwrap_used, reason = "tests")]

use prost_reflect::prost::Message;
use prost_reflect::prost_types::FileDescriptorSet;

use super::*;
use crate::transport::Requires;

#[test]
fn every_service_is_among_them() {
    let methods = all().unwrap();
    for (name, unary, requires) in [
        (
            "user.v1.UserService/GetUser",
            true,
            Requires::Role("reader"),
        ),
        (
            "user.v1.UserService/CreateUsers",
            false,
            Requires::Role("writer"),
        ),
        (
            "user.v1.UserService/ListUsers",
            false,
            Requires::Role("reader"),
        ),
        ("grpc.health.v1.Health/Watch", false, Requires::Nothing),
        (
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            false,
            Requires::Role("operator"),
        ),
        (
            "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            false,
            Requires::Role("operator"),
        ),
    ] {
        let found = methods.iter().find(|method| method.name == name);
        let found = found.map(|method| (method.unary, method.requires));
        assert_eq!(found, Some((unary, requires)), "{name}");
    }
}

/// Our descriptors, decoded by a library that drops the options it does not know.
#[test]
fn method_without_a_role_is_refused_with_what_to_write() {
    let set = FileDescriptorSet::decode(user_proto::v1::FILE_DESCRIPTOR_SET).unwrap();
    let error = described(&set.encode_to_vec()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "user.v1.UserService/GetUser has no role: write `option (user.v1.role) = READER;` \
         (or WRITER, OPERATOR) into it in proto/user/v1/user.proto"
    );
}
