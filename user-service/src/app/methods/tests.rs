#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeSet, HashMap};

use prost_reflect::prost::Message;
use prost_reflect::prost_types::FileDescriptorSet;

use super::*;

#[test]
fn every_method_has_its_requirement() {
    let role = |role: &str| Requirement::Role(role.to_owned());
    let required: HashMap<_, _> = DESCRIPTORS
        .iter()
        .flat_map(|encoded| required(encoded).unwrap())
        .collect();
    let served: BTreeSet<_> = all().unwrap().names().collect();
    assert_eq!(served, required.keys().cloned().collect());
    for (name, requirement) in [
        ("user.v1.UserService/GetUser", role("reader")),
        ("user.v1.UserService/CreateUsers", role("writer")),
        ("user.v1.UserService/ListUsers", role("reader")),
        ("grpc.health.v1.Health/Watch", Requirement::Nothing),
        (
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            role("operator"),
        ),
        (
            "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            role("operator"),
        ),
    ] {
        assert_eq!(required.get(name), Some(&requirement), "{name}");
    }
}

/// Our descriptors, decoded by a library that drops the options it does not know.
#[test]
fn method_without_a_role_is_refused_with_what_to_write() {
    let set = FileDescriptorSet::decode(user_proto::v1::FILE_DESCRIPTOR_SET).unwrap();
    let error = required(&set.encode_to_vec()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "user.v1.UserService/GetUser has no role: write `option (user.v1.role) = READER;` \
         (or WRITER, OPERATOR) into it in proto/user/v1/user.proto"
    );
}
