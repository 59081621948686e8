//! Key-value pairs.

use std::fmt::{Debug, Formatter, Result};
use std::time::Duration;

use bytes::Bytes;

use super::keys;

/// The key-value pairs of a header. Kitex doesn't demand that they are text: a value that is not
/// UTF-8 is kept, and counts as missing where text is asked for. Of pairs with one key the last
/// counts.
#[derive(Clone, Default)]
pub struct Infos {
    pub(super) ints: Vec<(u16, Bytes)>,
    pub(super) strings: Vec<(Bytes, Bytes)>,
    pub(super) acl_token: Option<Bytes>,
}

impl Infos {
    /// The text with this integer key ([`super::keys`]).
    pub fn int(&self, key: u16) -> Option<&str> {
        let found = self.ints.iter().rev().find(|(other, _)| *other == key);
        text(found.map(|(_, value)| value)?)
    }

    /// The text with this string key.
    pub fn string(&self, key: &str) -> Option<&str> {
        let found = self.strings.iter().rev().find(|(other, _)| *other == key);
        text(found.map(|(_, value)| value)?)
    }

    /// Sets the value of an integer key.
    pub fn set_int(&mut self, key: u16, value: impl Into<Bytes>) {
        self.remove_int(key);
        self.ints.push((key, value.into()));
    }

    /// Sets the value of a string key.
    pub fn set_string(&mut self, key: impl Into<Bytes>, value: impl Into<Bytes>) {
        let key = key.into();
        self.strings.retain(|(other, _)| *other != key);
        self.strings.push((key, value.into()));
    }

    /// Removes an integer key.
    pub(crate) fn remove_int(&mut self, key: u16) {
        self.ints.retain(|(other, _)| *other != key);
    }

    /// All pairs with an integer key, in the order of the wire.
    pub fn ints(&self) -> impl Iterator<Item = (u16, &Bytes)> {
        self.ints.iter().map(|(key, value)| (*key, value))
    }

    /// All pairs with a string key, in the order of the wire.
    pub fn strings(&self) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.strings.iter().map(|(key, value)| (key, value))
    }

    /// The timeout of the call, if the client sent one.
    pub fn timeout(&self) -> Option<Duration> {
        let milliseconds: u64 = self.int(keys::RPC_TIMEOUT)?.parse().ok()?;
        (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
    }

    /// The token for access control, which Kitex knows as `RPC_TRANSIT_gdpr-token`.
    pub fn acl_token(&self) -> Option<&Bytes> {
        self.acl_token.as_ref()
    }

    /// Sets the token for access control.
    pub fn set_acl_token(&mut self, token: impl Into<Bytes>) {
        self.acl_token = Some(token.into());
    }

    /// The number of pairs.
    pub fn len(&self) -> usize {
        self.ints.len() + self.strings.len() + usize::from(self.acl_token.is_some())
    }

    /// Whether it has no pairs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn text(value: &Bytes) -> Option<&str> {
    str::from_utf8(value).ok()
}

/// Values may be secrets, and keys those of a caller.
impl Debug for Infos {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "Infos({})", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_pairs_with_one_key_counts() {
        let pair = |value| (Bytes::from("key"), Bytes::from(value));
        let infos = Infos {
            ints: vec![(3, Bytes::from("first")), (3, Bytes::from("last"))],
            strings: vec![pair("first"), pair("last")],
            acl_token: None,
        };
        assert_eq!(infos.int(3), Some("last"));
        assert_eq!(infos.string("key"), Some("last"));
    }

    #[test]
    fn setting_a_key_replaces_its_value() {
        let mut infos = Infos::default();
        for value in ["first", "last"] {
            infos.set_int(3, value);
            infos.set_string("key", value);
        }
        assert_eq!(infos.len(), 2);
        assert_eq!(infos.int(3), Some("last"));
        assert_eq!(infos.string("key"), Some("last"));
    }

    #[test]
    fn values_that_are_not_text_are_kept_but_not_read_as_text() {
        let mut infos = Infos::default();
        infos.set_string("key", b"\xff".as_slice());
        assert_eq!(infos.string("key"), None);
        assert_eq!(infos.strings().count(), 1);
    }

    #[test]
    fn debug_shows_no_value() {
        let mut infos = Infos::default();
        infos.set_string("RPC_PERSIST_authorization", "Bearer secret");
        assert_eq!(format!("{infos:?}"), "Infos(1)");
    }
}
