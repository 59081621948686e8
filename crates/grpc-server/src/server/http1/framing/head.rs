//! What the head of a request says of its end.

use http::Uri;
use http::uri::Authority;

use super::Refused;

/// Maximum headers of a request: what hyper takes.
const MAX_HEADERS: usize = 100;

/// The head of a request, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Whether the request line was read, and of which version it is.
    version: Option<Version>,
    headers: usize,
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

impl Head {
    pub(super) fn is_empty(&self) -> bool {
        self.version.is_none()
    }

    pub(super) fn is_chunked(&self) -> bool {
        self.chunked
    }

    /// The length of the body in bytes, if it is not chunked.
    pub(super) fn length(&self) -> u64 {
        self.length.unwrap_or_default()
    }

    /// Takes a line that is not empty, without its end.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), Refused> {
        if self.is_empty() {
            self.version = Some(version(line)?);
            return Ok(());
        }
        self.headers += 1;
        if self.headers > MAX_HEADERS {
            return Err(Refused::too_large("there are more than 100 headers"));
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.unwrap_or_default());
        if !is_token(name) {
            return Err(Refused::bad("a header is not a name, a colon and a value"));
        }
        let value = value[1..].trim_ascii();
        match name.to_ascii_lowercase().as_slice() {
            b"host" => self.add_host(value)?,
            b"content-length" => self.set_length(value)?,
            b"transfer-encoding" => self.set_encoding(value)?,
            _ => {}
        }
        Ok(())
    }

    fn add_host(&mut self, value: &[u8]) -> Result<(), Refused> {
        let is_simple = |it: &u8| it.is_ascii_alphanumeric() || b".-:".contains(it);
        let is_valid = value.iter().all(is_simple)
            || Authority::try_from(value).is_ok_and(|it| !it.as_str().contains('@'));
        if !is_valid {
            return Err(Refused::bad("the header host is not a host"));
        }
        self.hosts += 1;
        Ok(())
    }

    fn set_length(&mut self, value: &[u8]) -> Result<(), Refused> {
        if self.length.is_some() {
            return Err(Refused::bad("there are two headers content-length"));
        }
        let digits = str::from_utf8(value).unwrap_or_default();
        let digits = digits
            .bytes()
            .all(|it| it.is_ascii_digit())
            .then_some(digits);
        let length = digits.and_then(|digits| digits.parse().ok());
        self.length = Some(length.ok_or(Refused::bad("content-length is not a number"))?);
        Ok(())
    }

    fn set_encoding(&mut self, value: &[u8]) -> Result<(), Refused> {
        if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(Refused::bad("transfer-encoding must be chunked, once"));
        }
        self.chunked = true;
        Ok(())
    }

    /// Whether the head says one thing only.
    pub(super) fn check(&self) -> Result<(), Refused> {
        let is_old = self.version == Some(Version::Http10);
        match (self.chunked, self.length, self.hosts) {
            (true, Some(_), _) => Err(Refused::bad(
                "a request must not have both content-length and transfer-encoding",
            )),
            (true, None, _) if is_old => Err(Refused::bad("HTTP/1.0 has no transfer-encoding")),
            (_, _, 0) if !is_old => Err(Refused::bad("the header host is missing")),
            (_, _, 2..) => Err(Refused::bad("there are two headers host")),
            _ => Ok(()),
        }
    }
}

/// The version in a request line: a method, a target and a version with single spaces between.
fn version(line: &[u8]) -> Result<Version, Refused> {
    const INVALID: Refused = Refused::bad("this is not a request of HTTP/1.1");
    let is_visible = line
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    let parts: Vec<_> = line.split(|byte| *byte == b' ').collect();
    match parts[..] {
        [method, target, version] if is_visible && is_token(method) && is_target(target) => {
            match version {
                b"HTTP/1.1" => Ok(Version::Http11),
                b"HTTP/1.0" => Ok(Version::Http10),
                _ => Err(INVALID),
            }
        }
        _ => Err(INVALID),
    }
}

/// Whether `name` can be a method or the name of a header.
fn is_token(name: &[u8]) -> bool {
    let is_allowed = |it: &u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(it);
    !name.is_empty() && name.iter().all(is_allowed)
}

/// Whether `target` is a path, a URI or an asterisk.
fn is_target(target: &[u8]) -> bool {
    let is_simple = |it: &u8| it.is_ascii_alphanumeric() || b"/:._~%?&=+-".contains(it);
    let is_simple_path = target.starts_with(b"/") && target.iter().all(is_simple);
    is_simple_path || Uri::try_from(target).is_ok()
}
