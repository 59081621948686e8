//! What to call, as a user writes it.

mod registry;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use tonic::transport::Uri;

pub use self::registry::Registry;

/// What is wrong with a text that should be a [`Target`], and what to write instead.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidTarget(String);

const EXPECTED: &str = "write http://HOST:PORT or https://HOST:PORT";
/// What a name begins with, and the URL of each of its addresses.
const NAMES: [(&str, &str); 2] = [("dns:///", "http://"), ("dns+https:///", "https://")];
/// A service to call: `http://HOST:PORT`, several backends of it as
/// `http://HOST:PORT,HOST:PORT`, `dns:///HOST:PORT` for all addresses that a
/// name has, now and later, or `etcd://HOST:PORT/SERVICE` or `nacos://HOST:PORT/SERVICE` for all
/// instances that are registered there. With TLS to the service it is `https://`,
/// `dns+https:///`, `etcd+https://` and `nacos+https://`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    text: String,
    first: Uri,
    others: Vec<Uri>,
    registry: Option<Registry>,
}

impl Target {
    /// The URL; the first, if there are several.
    pub fn uri(&self) -> &Uri {
        &self.first
    }

    /// All URLs.
    pub fn uris(&self) -> impl Iterator<Item = &Uri> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Whether it is a name that may stand for several addresses.
    pub fn is_name(&self) -> bool {
        self.registry.is_some() || NAMES.iter().any(|(name, _)| self.text.starts_with(name))
    }

    /// Where it is registered, if that is how it is found.
    pub fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }

    /// Whether the network can't read the calls: there is TLS, or only loopback.
    pub fn is_private(&self) -> bool {
        self.is_tls() || self.uris().all(is_loopback)
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.first.scheme_str() == Some("https")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        parse(text).map_err(InvalidTarget)
    }
}

fn parse(text: &str) -> Result<Target, String> {
    for (prefix, scheme) in NAMES {
        if let Some(name) = text.strip_prefix(prefix) {
            return name_target(text, prefix, &format!("{scheme}{name}"));
        }
    }
    for (prefix, scheme, parse) in registry::SCHEMES {
        let Some(place) = text.strip_prefix(prefix) else {
            continue;
        };
        let registry = parse(place)?;
        return Ok(Target {
            text: text.to_owned(),
            first: registry.uri(scheme)?,
            others: Vec::new(),
            registry: Some(registry),
        });
    }
    let mut parts = text.split(',');
    let first = url(parts.next().unwrap_or_default())?;
    let scheme = first.scheme_str().unwrap_or_default();
    let others = parts.map(|part| match part.contains("://") {
        true => Err(format!(
            "the scheme is written once, before the first of several addresses; write {scheme}://HOST:PORT,HOST:PORT"
        )),
        false => url(&format!("{scheme}://{part}")),
    });
    let others = others.collect::<Result<_, _>>()?;
    Ok(Target {
        // Without the slash that a URL may end with.
        text: text.trim_end_matches('/').to_owned(),
        first,
        others,
        registry: None,
    })
}

/// The target of `text`, which begins with `prefix` and names what `name` is the URL of.
fn name_target(text: &str, prefix: &str, name: &str) -> Result<Target, String> {
    let first = url(name)?;
    if first.port_u16().is_none() {
        return Err(format!("a name needs a port; write {prefix}HOST:PORT"));
    }
    Ok(Target {
        text: text.to_owned(),
        first,
        others: Vec::new(),
        registry: None,
    })
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|it| it.is_loopback())
}

/// A URL that can be called: a scheme, a host and perhaps a port.
fn url(text: &str) -> Result<Uri, String> {
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
        return Err(format!("a gRPC target has no path; {EXPECTED}"));
    }
    Ok(uri)
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
            "http://10.0.0.1:8888,10.0.0.2:8888",
            "dns:///users.example:8888",
            "dns+https:///users.example:8888",
            "etcd://10.0.0.1:2379,10.0.0.2:2379/user-service",
            "etcd+https://etcd.example:2379/my/prefix/users",
            "nacos://10.0.0.1:8848/user-service",
            "nacos+https://10.0.0.1:8848,10.0.0.2:8848/ns/group/users",
        ] {
            let target: Target = url.parse().unwrap();
            assert_eq!(target.to_string(), url);
            assert_eq!(target.is_tls(), url.contains("https"));
        }
        assert_eq!(
            "http://a:1/".parse::<Target>().unwrap().to_string(),
            "http://a:1"
        );
    }

    #[test]
    fn several_servers_share_a_scheme() {
        let target: Target = "https://a:1,b:2,[::1]:3".parse().unwrap();
        let uris: Vec<_> = target.uris().map(ToString::to_string).collect();
        assert_eq!(uris, ["https://a:1/", "https://b:2/", "https://[::1]:3/"]);
        assert!(!target.is_name());
    }

    #[test]
    fn several_schemes_are_refused() {
        for text in ["http://a:1,http://b:2", "http://a:1,b:2,https://c:3"] {
            let error = text.parse::<Target>().unwrap_err().to_string();
            let told = "the scheme is written once, before the first of several addresses";
            assert!(error.starts_with(told), "{text}: {error}");
            assert!(
                error.ends_with("write http://HOST:PORT,HOST:PORT"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_name_is_not_called_itself() {
        let target: Target = "dns:///users:8888".parse().unwrap();
        assert!(target.is_name());
        assert_eq!(target.uri().to_string(), "http://users:8888/");
        let error = "dns:///users".parse::<Target>().unwrap_err().to_string();
        assert!(error.contains("write dns:///HOST:PORT"), "{error}");
    }

    #[test]
    fn a_registered_service_goes_by_its_name() {
        let target: Target = "etcd://127.0.0.1:2379/user-service".parse().unwrap();
        assert!(target.is_name());
        assert_eq!(target.uri().to_string(), "http://user-service/");
        // Where it really is, is only known later.
        assert!(!target.is_private());
    }

    #[test]
    fn anything_else_is_refused_with_what_to_write_instead() {
        let table = [
            ("localhost:8888", "the scheme is missing"),
            ("localhost", "the scheme is missing"),
            ("ftp://localhost", "ftp:// is not spoken here"),
            ("http://localhost:8888/v1", "a gRPC target has no path"),
            ("http://me@localhost", "a user name is not understood"),
            ("http://:8888", ""),
            ("http://", ""),
            ("", ""),
            ("http://localhost:99999", "the port must be"),
            ("http://localhost:", "the port must be"),
        ];
        for (url, expected) in table {
            let parsed = url.parse::<Target>().map(|target| target.to_string());
            let error = parsed.unwrap_err().to_string();
            assert!(error.starts_with(expected), "{url}: {error}");
            assert!(error.ends_with(EXPECTED), "{url}: {error}");
        }
    }
}
