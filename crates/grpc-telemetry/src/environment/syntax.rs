//! How values are written: what several variables share.

use http::Uri;
use opentelemetry::KeyValue;
use percent_encoding::percent_decode_str;

/// The entries of a list.
pub(crate) fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|it| !it.is_empty())
}

/// A number from 0 to 1.
pub(super) fn ratio(value: &str) -> Option<f64> {
    let ratio = value.parse().ok()?;
    (0.0..=1.0).contains(&ratio).then_some(ratio)
}

/// A URL of HTTP, or a host and a port alone, which gRPC takes too.
pub(super) fn is_endpoint(value: &str) -> bool {
    let Ok(uri) = value.parse::<Uri>() else {
        return false;
    };
    let scheme = matches!(uri.scheme_str(), None | Some("http" | "https"));
    scheme && uri.host().is_some_and(|host| !host.is_empty())
}

/// `endpoint` without user information, query and fragment, which are not sent.
pub(super) fn clean_endpoint(endpoint: &str) -> String {
    let end = endpoint.find(['?', '#']).unwrap_or(endpoint.len());
    let (scheme, rest) = match endpoint[..end].split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), &endpoint[..end]),
    };
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    scheme + host
}

/// The attributes in a list such as `key1=value1,key2=value2`, which is percent-encoded.
pub(super) fn attributes(value: &str) -> Option<Vec<KeyValue>> {
    let attribute = |pair: &str| {
        let (key, value) = pair.split_once('=')?;
        let (key, value) = (decoded(key.trim())?, decoded(value.trim())?);
        (!key.is_empty()).then(|| KeyValue::new(key, value))
    };
    list(value).map(attribute).collect()
}

fn decoded(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    (!decoded.contains(char::REPLACEMENT_CHARACTER)).then(|| decoded.into_owned())
}
