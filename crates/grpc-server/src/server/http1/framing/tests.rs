#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

/// What becomes of `text`, however it is cut.
fn follow(text: &str) -> Result<(), &'static str> {
    let mut results = Vec::new();
    for size in [1, 2, 7, text.len().max(1)] {
        let mut framing = Framing::default();
        let mut pieces = text.as_bytes().chunks(size);
        let followed = pieces.try_for_each(|piece| framing.feed(piece));
        results.push(followed.map_err(|refused| refused.reason));
    }
    assert!(results.windows(2).all(|it| it[0] == it[1]), "{results:?}");
    results[0]
}

#[test]
fn requests_that_follow_each_other_are_followed() {
    const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let bodies = [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /".to_owned(),
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length:0\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: Chunked\r\n\r\n\
         5;a=b\r\nGET /\r\nA\r\n0123456789\r\n0\r\nx: y\r\n\r\n"
            .to_owned(),
        "GET / HTTP/1.0\r\n\r\n".to_owned(),
        format!("\r\n\r\n{GET}"),
        GET.repeat(2000),
    ];
    for body in bodies {
        assert_eq!(follow(&format!("{GET}{body}{GET}")), Ok(()), "{body}");
        let missing_host = format!("{body}GET / HTTP/1.1\r\n\r\n");
        assert_eq!(follow(&missing_host), Err("the header host is missing"));
    }
}

#[test]
fn a_request_that_can_be_read_in_two_ways_is_refused() {
    let both = "a request must not have both content-length and transfer-encoding";
    for (headers, expected) in [
        ("content-length: 1\r\ntransfer-encoding: chunked\r\n", both),
        ("transfer-encoding: chunked\r\ncontent-length: 1\r\n", both),
        (
            "content-length: 1\r\ncontent-length: 1\r\n",
            "there are two headers content-length",
        ),
        ("content-length: 1, 1\r\n", "content-length is not a number"),
        ("content-length: +1\r\n", "content-length is not a number"),
        ("content-length: 0x1\r\n", "content-length is not a number"),
        ("content-length:\r\n", "content-length is not a number"),
        (
            "content-length: 18446744073709551616\r\n",
            "content-length is not a number",
        ),
        (
            "transfer-encoding: gzip, chunked\r\n",
            "transfer-encoding must be chunked, once",
        ),
        (
            "transfer-encoding: identity\r\n",
            "transfer-encoding must be chunked, once",
        ),
        (
            "transfer-encoding: \x0bchunked\r\n",
            "a line has a control character in it",
        ),
        (
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding must be chunked, once",
        ),
        ("host: b\r\n", "there are two headers host"),
        (
            "content-length : 1\r\n",
            "a header is not a name, a colon and a value",
        ),
        (
            " content-length: 1\r\n",
            "a header is not a name, a colon and a value",
        ),
        ("x\r\n", "a header is not a name, a colon and a value"),
        ("x: a\n", "a line does not end in CR and LF"),
        ("x: a\rb\r\n", "a line has a control character in it"),
        ("x: a\0b\r\n", "a line has a control character in it"),
    ] {
        let request = format!("POST / HTTP/1.1\r\nhost: a\r\n{headers}\r\n");
        assert_eq!(follow(&request), Err(expected), "{headers:?}");
    }
    let old = "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(follow(old), Err("HTTP/1.0 has no transfer-encoding"));
}

#[test]
fn what_is_not_a_request_is_refused() {
    for line in [
        "GET /",
        "GET  / HTTP/1.1",
        "GET / HTTP/2.0",
        "GET /a b HTTP/1.1",
        "GET /\u{e9} HTTP/1.1",
        "hello",
    ] {
        let refused = follow(&format!("{line}\r\nhost: a\r\n\r\n"));
        assert_eq!(refused, Err("this is not a request of HTTP/1.1"), "{line}");
    }
    for chunk in [
        "",
        "g",
        "-1",
        "0x1",
        " 1",
        "ffffffffffffffff",
        "10000000000000000",
    ] {
        let text =
            format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{chunk}\r\n");
        assert_eq!(
            follow(&text),
            Err("the size of a chunk is not valid"),
            "{chunk:?}"
        );
    }
}

#[test]
fn a_head_has_a_limit_and_its_refusal_is_a_response() {
    let endless = "a".repeat(MAX_HEAD + 1);
    let mut framing = Framing::default();
    let refused = framing.feed(endless.as_bytes()).unwrap_err();
    let response = refused.response();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 431 "), "{head}");
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
    assert!(
        serde_json::from_str::<serde_json::Value>(body).is_ok(),
        "{body}"
    );
}

#[test]
fn a_request_that_hyper_would_refuse_without_a_reason_is_refused_before() {
    let head = |line: &str, headers: &str| format!("{line}\r\nhost: a\r\n{headers}\r\n");
    let invalid = "this is not a request of HTTP/1.1";
    let many = "x: y\r\n".repeat(100);
    let header = "a header is not a name, a colon and a value";
    for (text, expected) in [
        (head("GET \\v1\\users HTTP/1.1", ""), invalid),
        (head("GET /<a> HTTP/1.1", ""), invalid),
        (head("G(T / HTTP/1.1", ""), invalid),
        (head("GET / HTTP/1.1", "a(b: c\r\n"), header),
        (
            head("GET / HTTP/1.1", "a: b\u{1}c\r\n"),
            "a line has a control character in it",
        ),
        (
            head("GET / HTTP/1.1", &many),
            "there are more than 100 headers",
        ),
        (
            "GET / HTTP/1.1\r\nhost: a b\r\n\r\n".to_owned(),
            "the header host is not a host",
        ),
        (
            "GET / HTTP/1.1\r\nhost: a@b\r\n\r\n".to_owned(),
            "the header host is not a host",
        ),
    ] {
        assert_eq!(follow(&text), Err(expected), "{text}");
    }
    for line in [
        "GET http://a/b?c=d HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "GET /a;b=(c)/{d}?e=%22 HTTP/1.1",
        "PROP-FIND / HTTP/1.1",
    ] {
        assert_eq!(follow(&head(line, "")), Ok(()), "{line}");
    }
}
