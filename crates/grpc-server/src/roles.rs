//! What each method requires of its caller.

mod option;

use std::collections::HashMap;
use std::sync::Arc;

use grpc_common::descriptors;
use prost::DecodeError;

use self::option::RoleOption;

/// What a method requires of its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing, not even a token, and no quota counts it: it is for machines that look
    /// after the service, such as probes.
    Nothing,
    /// A role, by its name in the claim `roles` of a token.
    Role(String),
}

/// Why the methods of a service have no table of roles.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    /// The descriptors can't be decoded.
    #[error("the descriptors of the services are not valid: {0}")]
    Descriptors(#[from] DecodeError),
    /// The option is not in the descriptors, or is of another type.
    #[error(
        "no enum option {0} of methods is in the descriptors: import the proto that defines it"
    )]
    NoOption(String),
    /// A method has no role.
    #[error("{method} has no role: write {example} into it in {file}")]
    NoRole {
        /// `package.Service/Method`.
        method: String,
        /// What to write, and the values that it may have.
        example: String,
        /// The proto file of the method.
        file: String,
    },
}

/// The one table of methods and what they require. With authentication by tokens,
/// a method that is not in it can't be called. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Roles(Arc<HashMap<String, Requirement>>);

impl Roles {
    /// What the services in these encoded `FileDescriptorSet`s require. The `option` of each
    /// method, such as `user.v1.role`, has its role: the value of an enum, whose name in lower
    /// case is the name of the role in a token. Health checks require nothing, and reflection
    /// the role `operator`, as their protos have no such option.
    ///
    /// # Errors
    /// When a set can't be decoded, or a method has no role: one that was forgotten must not be
    /// open to all.
    pub fn from_descriptors(encoded: &[&[u8]], option: &str) -> Result<Self, RolesError> {
        let mut table = Vec::new();
        for encoded in encoded {
            let files = descriptors::services(encoded)?;
            // Looked for only where a method needs it.
            let mut roles: Option<RoleOption<'_>> = None;
            for file in &files {
                for (name, method) in file.methods() {
                    let required = match (fixed(&name), &roles) {
                        (Some(required), _) => required,
                        (None, Some(roles)) => roles.of(&name, method, &file.name)?,
                        (None, None) => {
                            let found = roles.insert(RoleOption::find(encoded, option)?);
                            found.of(&name, method, &file.name)?
                        }
                    };
                    table.push((name, required));
                }
            }
        }
        Ok(table.into_iter().collect())
    }

    /// What calling the method at `path` requires; none for a method that is not in the table. Paths are compared as the router
    /// does, byte by byte, so that there is no second spelling of any.
    pub fn of(&self, path: &str) -> Option<&Requirement> {
        self.0.get(path)
    }
}

impl FromIterator<(String, Requirement)> for Roles {
    /// From names of methods, as `package.Service/Method`, and what each requires.
    fn from_iter<I: IntoIterator<Item = (String, Requirement)>>(table: I) -> Self {
        let table = table.into_iter();
        let by_path = table.map(|(name, requirement)| (format!("/{name}"), requirement));
        Self(Arc::new(by_path.collect()))
    }
}

/// What the method of this name, `package.Service/Method`, requires wherever it is served.
fn fixed(name: &str) -> Option<Requirement> {
    let (service, _) = name.split_once('/')?;
    match service {
        "grpc.health.v1.Health" => Some(Requirement::Nothing),
        "grpc.reflection.v1.ServerReflection" | "grpc.reflection.v1alpha.ServerReflection" => {
            Some(Requirement::Role("operator".to_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
