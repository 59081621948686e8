//! The methods this server has.

use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use super::AppError;
use crate::transport::Method;

/// The encoded descriptors of all services that are served, and of the details of their errors.
pub(super) const DESCRIPTORS: [&[u8]; 5] = [
    tonic_types::pb::FILE_DESCRIPTOR_SET,
    user_proto::v1::FILE_DESCRIPTOR_SET,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
];

/// All methods.
pub(super) fn all() -> Result<Vec<Method>, AppError> {
    let mut methods = Vec::new();
    for encoded in DESCRIPTORS {
        let set = FileDescriptorSet::decode(encoded)
            .map_err(|error| AppError::Descriptors(error.to_string()))?;
        methods.extend(set.file.iter().flat_map(methods_in));
    }
    Ok(methods)
}

fn methods_in(file: &FileDescriptorProto) -> Vec<Method> {
    let package = file.package();
    let services = file.service.iter();
    services
        .flat_map(|service| {
            let methods = service.method.iter();
            methods.map(|method| Method {
                name: format!("{package}.{}/{}", service.name(), method.name()),
                unary: !method.client_streaming() && !method.server_streaming(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_among_them() {
        let methods = all().unwrap_or_default();
        for (name, unary) in [
            ("user.v1.UserService/GetUser", true),
            ("user.v1.UserService/CreateUsers", false),
            ("user.v1.UserService/ListUsers", false),
            ("grpc.health.v1.Health/Watch", false),
            (
                "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                false,
            ),
            (
                "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                false,
            ),
        ] {
            let found = methods.iter().find(|method| method.name == name);
            assert_eq!(found.map(|method| method.unary), Some(unary), "{name}");
        }
    }
}
