//! What each method requires of its caller.

use std::collections::HashMap;
use std::sync::Arc;

/// What a method requires of its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing, not even a token, and no quota counts it: it is for machines that look
    /// after the service, such as probes.
    Nothing,
    /// A role, by its name in the claim `roles` of a token.
    Role(String),
}

/// The one table of methods and what they require. With authentication by tokens,
/// nobody may call a method that is not in it. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Roles(Arc<HashMap<String, Requirement>>);

impl Roles {
    /// What calling the method at `path` requires. Paths are compared as the router
    /// does, byte by byte, so that there is no second spelling of any.
    pub(crate) fn of(&self, path: &str) -> Option<&Requirement> {
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
