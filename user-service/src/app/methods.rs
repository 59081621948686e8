//! The methods this server has, from the descriptors of its services.

use prost_reflect::{DescriptorPool, MethodDescriptor};

use super::{AppError, roles};
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
///
/// # Errors
/// When one has no role.
pub(super) fn all() -> Result<Vec<Method>, AppError> {
    let mut methods = Vec::new();
    for encoded in DESCRIPTORS {
        methods.extend(described(encoded)?);
    }
    Ok(methods)
}

/// The methods of the services in an encoded `FileDescriptorSet`.
fn described(encoded: &[u8]) -> Result<Vec<Method>, AppError> {
    let pool = DescriptorPool::decode(encoded)
        .map_err(|error| AppError::Descriptors(error.to_string()))?;
    let services = pool.services();
    services
        .flat_map(|service| service.methods().map(|it| of(&it)).collect::<Vec<_>>())
        .collect()
}

fn of(method: &MethodDescriptor) -> Result<Method, AppError> {
    Ok(Method {
        name: name(method),
        unary: !method.is_client_streaming() && !method.is_server_streaming(),
        requires: roles::required(method)?,
    })
}

/// `package.Service/Method`.
pub(super) fn name(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

#[cfg(test)]
mod tests;
