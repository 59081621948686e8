//! The methods this server has, from the descriptors of its services.

use grpc_server::{Methods, Requirement, Roles};
use prost_reflect::{DescriptorPool, MethodDescriptor};

use super::{AppError, roles};

/// The encoded descriptors of all services that are served, and of the details of their errors.
pub(super) const DESCRIPTORS: [&[u8]; 5] = [
    user_proto::v1::FILE_DESCRIPTOR_SET,
    grpc_server::health::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    // It has `google.rpc.Status` too, which reflection finds in the first of them.
    tonic_types::pb::FILE_DESCRIPTOR_SET,
];

/// All methods, and which of them are unary.
///
/// # Errors
/// When a descriptor can't be read.
pub(super) fn all() -> Result<Methods, AppError> {
    Methods::from_descriptors(&DESCRIPTORS)
        .map_err(|error| AppError::Descriptors(error.to_string()))
}

/// What each of them requires of its caller.
///
/// # Errors
/// When one has no role.
pub(super) fn roles() -> Result<Roles, AppError> {
    let mut requirements = Vec::new();
    for encoded in DESCRIPTORS {
        requirements.extend(required(encoded)?);
    }
    Ok(requirements.into_iter().collect())
}

/// What the methods of the services in an encoded `FileDescriptorSet` require, by name.
fn required(encoded: &[u8]) -> Result<Vec<(String, Requirement)>, AppError> {
    let pool = DescriptorPool::decode(encoded)
        .map_err(|error| AppError::Descriptors(error.to_string()))?;
    let mut requirements = Vec::new();
    for service in pool.services() {
        for method in service.methods() {
            requirements.push((name(&method), roles::required(&method)?));
        }
    }
    Ok(requirements)
}

/// `package.Service/Method`.
pub(super) fn name(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

#[cfg(test)]
mod tests;
