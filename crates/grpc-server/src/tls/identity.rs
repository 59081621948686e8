//! The names of clients, as certificates and the list of those who may call have them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What a URI that SPIFFE names a workload by begins with.
const SPIFFE: &str = "spiffe://";

/// A name in a certificate (a subject alternative name): a DNS name, or a URI
/// such as `spiffe://example.org/ns/users/sa/web`. Two are the same if all their
/// characters are; those of DNS names whatever their case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity(Arc<str>);

impl Identity {
    /// The DNS name `name`.
    pub(super) fn dns(name: &str) -> Self {
        Self(name.to_ascii_lowercase().into())
    }

    /// The URI `uri`.
    pub(super) fn uri(uri: &str) -> Self {
        Self(uri.into())
    }

    pub(super) fn is_uri(&self) -> bool {
        self.0.contains("://")
    }

    /// Whether it is that of a workload, by SPIFFE.
    pub(super) fn is_spiffe(&self) -> bool {
        self.0.starts_with(SPIFFE)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Identity {
    type Err = String;

    /// Reads an entry of the list. A wildcard is refused, rather than taken for
    /// what it might mean: it would admit any later certificate.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("a name is empty; write names, or unset it to let in all whose certificate is valid".to_owned());
        }
        if text.contains('*') {
            return Err("there are no wildcards; write each name in full".to_owned());
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("a name has only visible ASCII characters".to_owned());
        }
        match text.contains("://") {
            true => Ok(Self::uri(text)),
            false if text.contains([':', '/', '@']) => {
                Err("write a DNS name, or a URI with its scheme and ://".to_owned())
            }
            false => Ok(Self::dns(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn dns_names_are_the_same_whatever_their_case_and_uris_are_not() {
        let listed = |text: &str| text.parse::<Identity>().unwrap();
        assert_eq!(listed(" Web.Example.org"), Identity::dns("web.example.ORG"));
        assert_eq!(listed("spiffe://a/B"), Identity::uri("spiffe://a/B"));
        assert_ne!(listed("spiffe://a/B"), Identity::uri("spiffe://a/b"));
        assert_ne!(listed("web.example.org"), Identity::dns("web.example.org."));
    }

    #[test]
    fn what_could_mean_more_than_one_name_is_refused() {
        for text in [
            "",
            " ",
            "*",
            "*.example.org",
            "spiffe://a/*",
            "a b",
            "x:1",
            "a/b",
            "ü.de",
        ] {
            assert!(text.parse::<Identity>().is_err(), "{text}");
        }
    }
}
