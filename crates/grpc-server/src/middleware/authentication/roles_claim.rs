//! Where issuers put the roles of a caller, other than into the claim `roles`.

mod unique;

use serde_json::{Map, Value};

pub(super) use self::unique::Unique;

/// The claim that holds the roles: its name, or a path to it with dots in between.
pub(super) struct RolesClaim(String);

impl RolesClaim {
    pub(super) fn new(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// The roles in `claims`: a list of texts, or one text with spaces in between. None where
    /// there is no such claim; nothing if it has any other form.
    pub(super) fn roles(&self, claims: &Map<String, Value>) -> Option<Vec<String>> {
        match find(claims, &self.0) {
            None => Some(Vec::new()),
            Some(Value::String(text)) => {
                let roles = text.split(' ').filter(|role| !role.is_empty());
                Some(roles.map(str::to_owned).collect())
            }
            Some(Value::Array(list)) => list.iter().map(text).collect(),
            Some(_) => None,
        }
    }
}

/// What is at `path`. A name may have dots of its own, as those that are URLs do: the longest
/// name goes first.
fn find<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(found) = object.get(path) {
        return Some(found);
    }
    let mut dots = path.rmatch_indices('.');
    dots.find_map(|(dot, _)| {
        let inner = object.get(&path[..dot])?.as_object()?;
        find(inner, &path[dot + 1..])
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
