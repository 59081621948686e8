//! The option of a method that has its role.

use prost_reflect::{
    DescriptorPool, EnumDescriptor, ExtensionDescriptor, Kind, MethodDescriptor, Value,
};

use super::{RolesError, name};

/// An option of methods whose values are roles.
pub(super) struct RoleOption {
    option: ExtensionDescriptor,
    roles: EnumDescriptor,
}

impl RoleOption {
    /// The option with this full name.
    ///
    /// # Errors
    /// When `pool` has none whose values are those of an enum.
    pub(super) fn find(pool: &DescriptorPool, full_name: &str) -> Result<Self, RolesError> {
        let option = pool.get_extension_by_name(full_name);
        let found = option.and_then(|option| match option.kind() {
            Kind::Enum(roles) => Some(Self { option, roles }),
            _ => None,
        });
        found.ok_or_else(|| RolesError::NoOption(full_name.to_owned()))
    }

    /// The role of `method` as tokens name it.
    ///
    /// # Errors
    /// When its proto names none.
    pub(super) fn of(&self, method: &MethodDescriptor) -> Result<String, RolesError> {
        let options = method.options();
        let number = match *options.get_extension(&self.option) {
            // Zero is what a method without the option has.
            Value::EnumNumber(number) if number != 0 => number,
            _ => return Err(self.missing(method)),
        };
        let role = self.roles.get_value(number);
        let role = role.ok_or_else(|| self.missing(method))?;
        Ok(role.name().to_ascii_lowercase())
    }

    fn missing(&self, method: &MethodDescriptor) -> RolesError {
        let roles = self.roles.values().filter(|role| role.number() != 0);
        let roles: Vec<_> = roles.map(|role| role.name().to_owned()).collect();
        let (first, others) = match roles.split_first() {
            Some((first, others)) => (first.as_str(), others),
            None => ("…", [].as_slice()),
        };
        let mut example = format!("`option ({}) = {first};`", self.option.full_name());
        if !others.is_empty() {
            example.push_str(&format!(" (or {})", others.join(", ")));
        }
        RolesError::NoRole {
            method: name(method),
            example,
            file: method.parent_file().name().to_owned(),
        }
    }
}
