//! Authorization: the role that each method requires. A path without an entry is denied.

use std::collections::HashMap;
use std::sync::Arc;

use super::Method;

/// What a method requires of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    /// Nothing, not even a name: it is for machines that look after the service.
    Nothing,
    /// A role, by its name in the claim `roles` of a token.
    Role(&'static str),
}

/// What the methods of a service require. Clones share the table.
#[derive(Clone, Debug)]
pub(super) struct Authorization {
    by_path: Arc<HashMap<String, Requires>>,
}

impl Authorization {
    pub(super) fn new(methods: &[Method]) -> Self {
        let entries = methods
            .iter()
            .map(|method| (format!("/{}", method.name), method.requires));
        Self {
            by_path: Arc::new(entries.collect()),
        }
    }

    /// What calling the method at `path` requires; None if there is no such method.
    /// Paths are compared as the router does, byte by byte, so that there is no second
    /// spelling of any.
    pub(super) fn of(&self, path: &str) -> Option<Requires> {
        self.by_path.get(path).copied()
    }
}
