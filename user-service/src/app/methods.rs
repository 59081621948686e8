//! The methods this server has, as the names of spans.

use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use super::AppError;

/// The encoded descriptors of all services that are served, and of the details of their errors.
pub(super) const DESCRIPTORS: [&[u8]; 5] = [
    tonic_types::pb::FILE_DESCRIPTOR_SET,
    user_proto::v1::FILE_DESCRIPTOR_SET,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
];

/// All methods, as `package.Service/Method`.
pub(super) fn names() -> Result<Vec<String>, AppError> {
    let mut names = Vec::new();
    for encoded in DESCRIPTORS {
        let set = FileDescriptorSet::decode(encoded)
            .map_err(|error| AppError::Descriptors(error.to_string()))?;
        names.extend(set.file.iter().flat_map(names_in));
    }
    Ok(names)
}

fn names_in(file: &FileDescriptorProto) -> Vec<String> {
    let package = file.package();
    let services = file.service.iter();
    services
        .flat_map(|service| {
            let methods = service.method.iter();
            methods.map(|method| format!("{package}.{}/{}", service.name(), method.name()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_among_them() {
        let names = names().unwrap_or_default();
        for name in [
            "user.v1.UserService/GetUser",
            "user.v1.UserService/CreateUsers",
            "grpc.health.v1.Health/Watch",
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        ] {
            assert!(names.iter().any(|it| it == name), "{name}");
        }
    }
}
