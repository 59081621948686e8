//! What all responses have in common, and which requests are refused.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Refuses requests for other hosts, and adds the headers that keep pages of other sites out.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match is_for_this_host(&request) {
        true => next.run(request).await,
        false => {
            let why = "open this page by its IP address, or as localhost\n";
            (StatusCode::MISDIRECTED_REQUEST, why).into_response()
        }
    };
    let headers = response.headers_mut();
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'"));
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (RESOURCE_POLICY, "same-origin"),
        (OPENER_POLICY, "same-origin"),
        // Spans may hold what no cache should.
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_for_this_host(request: &Request) -> bool {
    let header = request.headers().get(HOST).and_then(|it| it.to_str().ok());
    let named = request.uri().authority().map(Authority::as_str).or(header);
    named.is_some_and(is_own)
}

/// Whether an authority can't be a name that another site has: it is an IP address, or localhost.
fn is_own(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let ip = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || ip.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_this_host() {
        for host in [
            "localhost",
            "LOCALHOST:4319",
            "127.0.0.1:4319",
            "[::1]:4319",
            "10.0.0.7",
        ] {
            assert!(is_own(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:4319",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "",
            ":4319",
        ] {
            assert!(!is_own(host), "{host}");
        }
    }
}
