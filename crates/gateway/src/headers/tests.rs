use http::HeaderValue;

use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

#[test]
fn a_caller_may_say_its_deadline_in_either_header() {
    for (name, value, millis) in [
        ("grpc-timeout", "1500m", 1500),
        ("grpc-timeout", "2S", 2000),
        ("x-request-timeout", "2", 2000),
        ("x-request-timeout", "0.25", 250),
        ("x-request-timeout", "300ms", 300),
        ("x-request-timeout", "1m 30s", 90_000),
    ] {
        let timeout = timeout(&headers(&[(name, value)])).unwrap();
        assert_eq!(timeout, Some(Duration::from_millis(millis)), "{value}");
    }
    assert_eq!(timeout(&headers(&[])).unwrap(), None);
    for (name, value) in [
        ("grpc-timeout", "1"),
        ("grpc-timeout", "x"),
        ("x-request-timeout", ""),
        ("x-request-timeout", "-1"),
        ("x-request-timeout", "1.2.3"),
        ("x-request-timeout", "soon"),
        ("x-request-timeout", "1e999"),
    ] {
        let error = timeout(&headers(&[(name, value)])).unwrap_err();
        assert_eq!(error.field, name, "{value}");
    }
    let both = [("grpc-timeout", "1S"), ("x-request-timeout", "1")];
    assert!(timeout(&headers(&both)).is_err());
}

#[test]
fn a_key_may_have_quotes() {
    for (value, key) in [("\"a-b\"", "a-b"), ("a-b", "a-b"), ("\"", "\"")] {
        let headers = headers(&[("idempotency-key", value)]);
        assert_eq!(idempotency_key(&headers), Ok(Some(key)));
    }
    assert_eq!(idempotency_key(&headers(&[])), Ok(None));
    for value in ["", "\"\"", "é"] {
        assert!(idempotency_key(&headers(&[("idempotency-key", value)])).is_err());
    }
}

#[test]
fn a_header_that_decides_something_is_there_once() {
    for name in SINGLE {
        let mut headers = HeaderMap::new();
        headers.append(name.clone(), HeaderValue::from_static("a"));
        assert_eq!(check_single(&headers), Ok(()));
        headers.append(name.clone(), HeaderValue::from_static("a"));
        assert_eq!(check_single(&headers).unwrap_err().field, name.as_str());
    }
}

#[test]
fn the_media_type_has_no_parameters() {
    let of = |value| media_type(&headers(&[("content-type", value)]));
    assert_eq!(of("Application/JSON; charset=utf-8"), "application/json");
    assert_eq!(media_type(&headers(&[])), "");
}
