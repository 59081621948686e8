//! The role that each method requires: its option in the proto.

use grpc_server::Requirement;
use prost_reflect::{MethodDescriptor, Value};
use user_proto::v1::Role;

use super::AppError;

/// The option of a method that holds its role.
const OPTION: &str = "user.v1.role";

/// What `method` requires of its caller.
///
/// # Errors
/// When its proto says nothing of it: a method that was forgotten must not be open to all.
pub(super) fn required(method: &MethodDescriptor) -> Result<Requirement, AppError> {
    // The protos of these are not ours, and have no room for the option.
    match method.parent_service().full_name() {
        "grpc.health.v1.Health" => return Ok(Requirement::Nothing),
        "grpc.reflection.v1.ServerReflection" | "grpc.reflection.v1alpha.ServerReflection" => {
            return Ok(Requirement::Role("operator".to_owned()));
        }
        _ => {}
    }
    let role = role(method).ok_or_else(|| AppError::NoRole {
        method: super::methods::name(method),
    })?;
    Ok(Requirement::Role(role.to_owned()))
}

/// The role of `method` as tokens name it, if its proto names one.
fn role(method: &MethodDescriptor) -> Option<&'static str> {
    let option = method.parent_pool().get_extension_by_name(OPTION)?;
    let options = method.options();
    let Value::EnumNumber(number) = *options.get_extension(&option) else {
        return None;
    };
    match Role::try_from(number).ok()? {
        Role::Unspecified => None,
        Role::Reader => Some("reader"),
        Role::Writer => Some("writer"),
        Role::Operator => Some("operator"),
    }
}
