//! The option of a method that has its role.

use grpc_common::descriptors::{self, EnumDescriptor, FileDescriptor, MethodDescriptor};
use prost::DecodeError;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::{Requirement, RolesError};

/// What an option of methods extends: another extension may have its number.
const METHOD_OPTIONS: &str = ".google.protobuf.MethodOptions";

/// An option of methods whose values are roles.
pub(super) struct RoleOption<'a> {
    full_name: &'a str,
    number: u32,
    roles: EnumDescriptor,
}

impl<'a> RoleOption<'a> {
    /// The option with this full name in an encoded `FileDescriptorSet`.
    ///
    /// # Errors
    /// When the set can't be decoded, or has none whose values are those of an enum.
    pub(super) fn find(set: &[u8], full_name: &'a str) -> Result<Self, RolesError> {
        let files = descriptors::files(set)?;
        let found = Self::find_in(&files, full_name);
        found.ok_or_else(|| RolesError::NoOption(full_name.to_owned()))
    }

    fn find_in(files: &[FileDescriptor], full_name: &'a str) -> Option<Self> {
        let mut extensions = files.iter().flat_map(FileDescriptor::extensions);
        let (_, option) = extensions
            .find(|(name, option)| name == full_name && option.extendee == METHOD_OPTIONS)?;
        let type_name = option.type_name.strip_prefix('.')?;
        let mut enums = files.iter().flat_map(FileDescriptor::enums);
        let (_, roles) = enums.find(|(name, _)| name == type_name)?;
        Some(Self {
            full_name,
            number: option.number.try_into().ok()?,
            roles: roles.clone(),
        })
    }

    /// The role that `method` requires, as tokens name it. It is called `name`, and is in `file`.
    ///
    /// # Errors
    /// When its proto names none.
    pub(super) fn of(
        &self,
        name: &str,
        method: &MethodDescriptor,
        file: &str,
    ) -> Result<Requirement, RolesError> {
        // Zero is what a method without the option has.
        let number = last_enum(&method.options, self.number)?.unwrap_or(0);
        let mut roles = self.roles.values.iter().filter(|role| role.number != 0);
        match roles.find(|role| role.number == number) {
            Some(role) => Ok(Requirement::Role(role.name.to_ascii_lowercase())),
            None => Err(self.missing(name, file)),
        }
    }

    fn missing(&self, method: &str, file: &str) -> RolesError {
        let roles = self.roles.values.iter().filter(|role| role.number != 0);
        let roles: Vec<_> = roles.map(|role| role.name.as_str()).collect();
        let (first, others) = match roles.split_first() {
            Some((first, others)) => (*first, others),
            None => ("…", [].as_slice()),
        };
        let mut example = format!("`option ({}) = {first};`", self.full_name);
        if !others.is_empty() {
            example.push_str(&format!(" (or {})", others.join(", ")));
        }
        RolesError::NoRole {
            method: method.to_owned(),
            example,
            file: file.to_owned(),
        }
    }
}

/// The value of the enum in the field `number` of an encoded message. The last one counts, as for any
/// field. No generated message has an option that is known by its name alone, so it is read from the bytes.
fn last_enum(mut message: &[u8], number: u32) -> Result<Option<i32>, DecodeError> {
    let mut last = None;
    while message.has_remaining() {
        let (tag, wire_type) = decode_key(&mut message)?;
        if tag == number && wire_type == WireType::Varint {
            // Enums are encoded like int32: the lower bits are the value.
            last = Some(decode_varint(&mut message)? as i32);
            continue;
        }
        skip_field(wire_type, tag, &mut message, DecodeContext::default())?;
    }
    Ok(last)
}
