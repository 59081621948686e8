//! The address of a service, as a user writes it.

use std::fmt;
use std::str::FromStr;

use tonic::transport::Uri;

const EXPECTED: &str = "write http://HOST:PORT or https://HOST:PORT";

/// A URL that can be called: a scheme, a host and perhaps a port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Server(Uri);

impl Server {
    /// The URL.
    pub fn uri(&self) -> &Uri {
        &self.0
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the slash that every such URL ends with.
        write!(formatter, "{}", self.0.to_string().trim_end_matches('/'))
    }
}

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text
            .parse()
            .map_err(|error| format!("{error}; {EXPECTED}"))?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            Some(other) => return Err(format!("{other}:// is not spoken here; {EXPECTED}")),
            None => return Err(format!("the scheme is missing; {EXPECTED}")),
        }
        if uri.host().is_none_or(str::is_empty) {
            return Err(format!("the host is missing; {EXPECTED}"));
        }
        if uri.authority().is_some_and(|it| it.as_str().contains('@')) {
            return Err(format!("a user name is not understood; {EXPECTED}"));
        }
        if uri.port_u16().is_none() && names_a_port(&uri) {
            return Err(format!("the port must be from 1 to 65535; {EXPECTED}"));
        }
        if uri.path_and_query().is_some_and(|it| it.as_str() != "/") {
            return Err(format!("gRPC has no use for a path; {EXPECTED}"));
        }
        Ok(Self(uri))
    }
}

/// Whether there is something where the port should be. What isn't a number of
/// 16 bits, `Uri` takes for no port at all.
fn names_a_port(uri: &Uri) -> bool {
    let authority = uri.authority().map_or("", |it| it.as_str());
    authority.len() > uri.host().map_or(0, str::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_as_it_was_written() {
        for url in [
            "http://localhost:8888",
            "https://users.example",
            "http://[::1]:8888",
        ] {
            let server: Server = url.parse().unwrap();
            assert_eq!(server.to_string(), url);
            assert_eq!(server.is_tls(), url.starts_with("https"));
        }
        assert_eq!(
            "http://a:1/".parse::<Server>().unwrap().to_string(),
            "http://a:1"
        );
    }

    #[test]
    fn anything_else_is_refused_with_what_to_write_instead() {
        let table = [
            ("localhost:8888", "the scheme is missing"),
            ("localhost", "the scheme is missing"),
            ("ftp://localhost", "ftp:// is not spoken here"),
            ("http://localhost:8888/v1", "gRPC has no use for a path"),
            ("http://me@localhost", "a user name is not understood"),
            ("http://:8888", ""),
            ("http://", ""),
            ("", ""),
            ("http://localhost:99999", "the port must be"),
            ("http://localhost:", "the port must be"),
        ];
        for (url, expected) in table {
            let parsed = url.parse::<Server>().map(|server| server.to_string());
            let error = parsed.unwrap_err();
            assert!(error.starts_with(expected), "{url}: {error}");
            assert!(error.ends_with(EXPECTED), "{url}: {error}");
        }
    }
}
