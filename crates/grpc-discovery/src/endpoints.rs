//! Where etcd answers.

use std::str::FromStr;

use grpc_common::redacted;
use http::Uri;

const EXPECTED: &str = "write HOST:PORT, or several separated by commas";

/// The members of one etcd, as a user writes them: `HOST:PORT,HOST:PORT`, each
/// perhaps after `http://`. An empty text has none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Endpoints(Vec<Uri>);

impl Endpoints {
    /// Their URLs.
    pub fn uris(&self) -> &[Uri] {
        &self.0
    }
}

impl FromStr for Endpoints {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        text.split(',')
            .map(endpoint)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn endpoint(text: &str) -> Result<Uri, String> {
    let text = text.trim();
    if text.starts_with("https://") {
        return Err(format!("etcd is not called with TLS; {EXPECTED}"));
    }
    let address = text.strip_prefix("http://").unwrap_or(text);
    if !is_address(address) {
        let shown = redacted(text);
        return Err(format!("{shown:?} is not an address of etcd; {EXPECTED}"));
    }
    let uri = format!("http://{address}").parse();
    uri.map_err(|error| format!("{error}; {EXPECTED}"))
}

/// Whether `text` is a host and a port, and nothing else.
pub(crate) fn is_address(text: &str) -> bool {
    let authority = text.parse::<http::uri::Authority>();
    authority.is_ok_and(|it| {
        !it.host().is_empty() && it.port_u16().is_some_and(|it| it > 0) && !text.contains('@')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_written_with_or_without_a_scheme() {
        let endpoints: Endpoints = "a:1, http://b:2,[::1]:3".parse().unwrap();
        let uris: Vec<_> = endpoints.uris().iter().map(Uri::to_string).collect();
        assert_eq!(uris, ["http://a:1/", "http://b:2/", "http://[::1]:3/"]);
        assert!("".parse::<Endpoints>().unwrap().uris().is_empty());
    }

    #[test]
    fn anything_else_is_refused_with_what_to_write_instead() {
        for text in [
            "a",
            "a:",
            "a:0",
            "a:99999",
            ":1",
            "me@a:1",
            "me:secret@a:1",
            "a:1?token=secret",
            "a:1/x",
            "a:1,",
            "https://a:1",
        ] {
            let error = text.parse::<Endpoints>().unwrap_err();
            assert!(error.ends_with(EXPECTED), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
