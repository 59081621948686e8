//! The methods this server has, from the descriptors of its services.

use grpc_server::{Methods, Roles};

use super::AppError;

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
    Ok(Roles::from_descriptors(&DESCRIPTORS, "user.v1.role")?)
}

#[cfg(test)]
mod tests;
