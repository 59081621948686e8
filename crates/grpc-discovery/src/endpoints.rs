//! The servers of a registry.

use std::str::FromStr;

use grpc_common::redacted;
use http::Uri;
use http::uri::Scheme;

const EXPECTED: &str = "write HOST:PORT, or several separated by commas";

/// The servers of one registry, as a user writes them: `HOST:PORT,HOST:PORT`, each
/// optionally after `http://` or, for TLS, `https://`. An empty text has none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Endpoints(Vec<Uri>);

impl Endpoints {
    /// Their URLs.
    pub fn uris(&self) -> &[Uri] {
        &self.0
    }

    /// The same servers, all at `https://`.
    pub(crate) fn over_tls(&self) -> Self {
        let secure = |uri: &Uri| {
            let mut parts = uri.clone().into_parts();
            parts.scheme = Some(Scheme::HTTPS);
            Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
        };
        Self(self.0.iter().map(secure).collect())
    }

    /// Whether any of them is called with TLS.
    pub fn uses_tls(&self) -> bool {
        self.0.iter().any(|uri| uri.scheme_str() == Some("https"))
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
    let (scheme, address) = match text.split_once("://") {
        Some((scheme @ ("http" | "https"), address)) => (scheme, address),
        _ => ("http", text),
    };
    if !is_address(address) {
        let shown = redacted(text);
        return Err(format!(
            "{shown:?} is not an address of a registry; {EXPECTED}"
        ));
    }
    let uri = format!("{scheme}://{address}").parse();
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
    fn servers_are_written_with_or_without_a_scheme() {
        let endpoints: Endpoints = "a:1, http://b:2,[::1]:3,https://c:4".parse().unwrap();
        let uris: Vec<_> = endpoints.uris().iter().map(Uri::to_string).collect();
        assert_eq!(
            uris,
            [
                "http://a:1/",
                "http://b:2/",
                "http://[::1]:3/",
                "https://c:4/"
            ]
        );
        assert!(endpoints.uses_tls());
        let secure = endpoints.over_tls();
        let uris: Vec<_> = secure.uris().iter().map(Uri::to_string).collect();
        assert_eq!(uris[0], "https://a:1/");
        assert!(uris.iter().all(|uri| uri.starts_with("https://")));
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
            "ftp://a:1",
        ] {
            let error = text.parse::<Endpoints>().unwrap_err();
            assert!(error.ends_with(EXPECTED), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
