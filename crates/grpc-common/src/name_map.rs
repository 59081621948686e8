//! Values by name.

use std::cmp::Ordering;
use std::sync::Arc;

/// Values by the names that a program starts with, such as those of its methods. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct NameMap<T> {
    /// The shortest name first: a search compares few of them, and to hash a name takes longer.
    entries: Arc<[(Box<str>, T)]>,
}

impl<T> NameMap<T> {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        let found = self.entries.binary_search_by(|(it, _)| by_length(it, name));
        found.ok().map(|index| &self.entries[index].1)
    }

    /// All names, in no particular order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| &**name)
    }
}

impl<T> FromIterator<(String, T)> for NameMap<T> {
    /// The first value that each name has.
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut entries: Vec<_> = entries
            .map(|(name, it)| (name.into_boxed_str(), it))
            .collect();
        entries.sort_by(|(one, _), (other, _)| by_length(one, other));
        entries.dedup_by(|(one, _), (other, _)| one == other);
        Self {
            entries: entries.into(),
        }
    }
}

fn by_length(one: &str, other: &str) -> Ordering {
    (one.len(), one).cmp(&(other.len(), other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_first_value_given_for_it() {
        let given = [("Get", 1), ("List", 2), ("Add", 3), ("Get", 4), ("", 5)];
        let map: NameMap<_> = given
            .map(|(name, it)| (name.to_owned(), it))
            .into_iter()
            .collect();
        for (name, expected) in [
            ("Get", Some(1)),
            ("List", Some(2)),
            ("Add", Some(3)),
            ("", Some(5)),
            ("Ge", None),
            ("get", None),
            ("Lists", None),
        ] {
            assert_eq!(map.get(name).copied(), expected, "{name:?}");
        }
        assert_eq!(map.names().count(), 4);
    }
}
