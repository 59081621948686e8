//! What a call has beside its arguments, as the headers of a request.

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use kitex_codec::{Infos, keys, metainfo};

/// Where Kitex has the name of the caller over gRPC.
const CALLER: HeaderName = HeaderName::from_static("source-service");
const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// The largest number that the header of a timeout may have.
const MAX_TIMEOUT: u64 = 99_999_999;
/// Maximum length of that header: 8 digits and a unit.
const TIMEOUT_BYTES: usize = 9;

/// Adds to `headers` what `infos` say: trace, token, timeout and caller. Infos that mean nothing
/// to a server, or that can't be headers, are left out.
pub(crate) fn add(infos: &Infos, headers: &mut HeaderMap) {
    for (key, value) in infos.strings() {
        let Ok(key) = str::from_utf8(key) else {
            continue;
        };
        let Ok(value) = HeaderValue::from_maybe_shared(value.clone()) else {
            continue;
        };
        if is_token(key) {
            // Two of them contradict each other, and are refused.
            headers.append(AUTHORIZATION, value);
            continue;
        }
        let name = metainfo::http_name(key).map(HeaderName::try_from);
        if let Some(Ok(name)) = name {
            headers.insert(name, value);
        }
    }
    let caller = infos.int(keys::FROM_SERVICE).filter(|it| !it.is_empty());
    if let Some(Ok(caller)) = caller.map(HeaderValue::from_str) {
        headers.insert(CALLER, caller);
    }
    if let Some(timeout) = infos.timeout().and_then(timeout) {
        headers.insert(TIMEOUT, timeout);
    }
}

/// Whether the info has the caller's token: as such, or handed on from service to service.
fn is_token(key: &str) -> bool {
    let key = key.strip_prefix(metainfo::PERSISTENT).unwrap_or(key);
    key.eq_ignore_ascii_case(AUTHORIZATION.as_str())
}

/// The header of a timeout; none for one of more than three years.
fn timeout(timeout: Duration) -> Option<HeaderValue> {
    let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    let (number, unit) = match (millis, timeout.as_secs()) {
        (..=MAX_TIMEOUT, _) => (millis, 'm'),
        (_, seconds @ ..=MAX_TIMEOUT) => (seconds, 'S'),
        _ => return None,
    };
    let mut text = String::with_capacity(TIMEOUT_BYTES);
    // It never fails for a string.
    let _ = write!(text, "{number}{unit}");
    HeaderValue::from_maybe_shared(Bytes::from(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(
        strings: &[(&'static str, &'static str)],
        ints: &[(u16, &'static str)],
    ) -> HeaderMap {
        let mut infos = Infos::default();
        for (key, value) in strings {
            infos.set_string(*key, *value);
        }
        for (key, value) in ints {
            infos.set_int(*key, *value);
        }
        let mut headers = HeaderMap::new();
        add(&infos, &mut headers);
        headers
    }

    #[test]
    fn what_a_server_reads_becomes_a_header() {
        let headers = headers(
            &[
                ("RPC_TRANSIT_traceparent", "00-a-b-01"),
                ("RPC_TRANSIT_service.name", "caller"),
                ("RPC_PERSIST_tenant", "a\r\nb"),
                ("isn", "Orders"),
                ("traceparent", "00-c-d-01"),
                ("te", "trailers"),
            ],
            &[
                (keys::FROM_SERVICE, "caller"),
                (keys::FROM_METHOD, ""),
                (keys::RPC_TIMEOUT, "300"),
            ],
        );
        let mut found: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("grpc-timeout", "300m"),
                ("rpc-transit-service.name", "caller"),
                ("rpc-transit-traceparent", "00-a-b-01"),
                ("source-service", "caller"),
            ]
        );
    }

    #[test]
    fn a_token_comes_directly_or_is_handed_on_and_two_are_two() {
        for key in [
            "authorization",
            "Authorization",
            "RPC_PERSIST_authorization",
        ] {
            let headers = headers(&[(key, "Bearer token")], &[]);
            assert_eq!(headers[AUTHORIZATION], "Bearer token", "{key}");
            assert_eq!(headers.len(), 1);
        }
        let both = [("authorization", "a"), ("RPC_PERSIST_AUTHORIZATION", "b")];
        let both = headers(&both, &[]);
        assert_eq!(both.get_all(AUTHORIZATION).iter().count(), 2);
    }

    #[test]
    fn timeouts_have_at_most_eight_digits() {
        let of = |millis| timeout(Duration::from_millis(millis));
        assert_eq!(of(1).unwrap(), "1m");
        assert_eq!(of(99_999_999).unwrap(), "99999999m");
        assert_eq!(of(100_000_000).unwrap(), "100000S");
        assert_eq!(of(u64::MAX), None);
    }
}
