//! Metadata of calls by the protocols that have it: what of a request's headers is sent to the
//! service, and what of its metadata is sent back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

/// Headers of HTTP, of the hop or of the browser, which mean nothing to the service; and those
/// that the gateway sets itself. Cookies are not used.
const OWN: [&str; 33] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "b3",
    "baggage",
    "cache-control",
    "connection",
    "cookie",
    "date",
    "dnt",
    "expect",
    "forwarded",
    "host",
    "idempotency-key",
    "keep-alive",
    "origin",
    "pragma",
    "priority",
    "referer",
    "server",
    "server-timing",
    "set-cookie",
    "te",
    "traceparent",
    "traceresponse",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "uber-trace-id",
    "upgrade",
    "user-agent",
    "vary",
    "via",
];
/// The beginnings of further ones.
const OWN_PREFIXES: [&str; 12] = [
    "access-control-",
    "connect-",
    "content-",
    "grpc-",
    "proxy-",
    "sec-",
    "trailer-",
    "x-b3-",
    "x-forwarded-",
    "x-grpc-",
    "x-request-timeout",
    "x-user-agent",
];

fn is_own(name: &HeaderName) -> bool {
    let name = name.as_str();
    OWN.contains(&name) || OWN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The caller's token alone, unchanged.
pub(crate) fn token(received: &HeaderMap) -> HeaderMap {
    let mut metadata = HeaderMap::new();
    if let Some(token) = received.get(AUTHORIZATION) {
        let mut token = token.clone();
        // No Debug of the request shows it.
        token.set_sensitive(true);
        metadata.insert(AUTHORIZATION, token);
    }
    metadata
}

/// What is sent to the service of the headers of a request: the token, and all that are neither
/// of HTTP nor of the gateway.
pub(crate) fn of_request(received: &HeaderMap) -> HeaderMap {
    let mut metadata = application(received);
    metadata.extend(token(received));
    metadata
}

/// What callers get of the metadata that the service has sent.
pub(crate) fn application(metadata: &HeaderMap) -> HeaderMap {
    let passed = metadata.iter().filter(|(name, _)| !is_own(name));
    passed
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Trailers as headers, as Connect has them in a response that is not a stream.
pub(crate) fn as_headers(trailers: &HeaderMap) -> HeaderMap {
    let trailers = application(trailers);
    let named = trailers.iter().filter_map(|(name, value)| {
        let name = HeaderName::try_from(format!("trailer-{name}")).ok()?;
        Some((name, value.clone()))
    });
    named.collect()
}

/// Trailers as Connect has them in the last envelope of a stream.
pub(crate) fn as_json(trailers: &HeaderMap) -> Map<String, Value> {
    let trailers = application(trailers);
    let text = |value: &HeaderValue| match value.to_str() {
        Ok(text) => text.to_owned(),
        Err(_) => STANDARD_NO_PAD.encode(value.as_bytes()),
    };
    let values = |name: &HeaderName| trailers.get_all(name).iter().map(text).collect();
    let named = trailers.keys().map(|name| (name.to_string(), values(name)));
    named.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &'static str)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        };
        all.iter().map(header).collect()
    }

    #[test]
    fn a_service_gets_the_token_and_what_is_not_of_http() {
        let received = headers(&[
            ("authorization", "Bearer a"),
            ("content-type", "application/json"),
            ("cookie", "a=b"),
            ("grpc-timeout", "1S"),
            ("traceparent", "00-1"),
            ("x-b3-traceid", "1"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-tenant", "a"),
            ("x-tenant", "b"),
        ]);
        let passed = of_request(&received);
        assert_eq!(passed.len(), 3, "{passed:?}");
        assert_eq!(passed.get_all("x-tenant").iter().count(), 2);
        assert!(passed[AUTHORIZATION].is_sensitive());
        assert_eq!(token(&received).len(), 1);
    }

    #[test]
    fn trailers_have_a_form_in_headers_and_in_json() {
        let trailers = headers(&[("grpc-status", "0"), ("x-cost", "1"), ("x-cost", "2")]);
        let named = as_headers(&trailers);
        assert_eq!(named.get_all("trailer-x-cost").iter().count(), 2);
        assert_eq!(named.len(), 2);
        assert_eq!(
            Value::Object(as_json(&trailers)),
            json!({"x-cost": ["1", "2"]})
        );
    }
}
