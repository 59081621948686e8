//! Requests that are wrong by their form: one JSON error with a sentence each, and the service
//! does not learn of them.

use serde_json::Value;
use testkit::TestEnv;

use crate::gateway_env::{GatewayEnv, Response};

const JSON: &str = "content-type: application/json";
/// What curl sends with `-d`.
const FORM: &str = "content-type: application/x-www-form-urlencoded";

/// A request, its status, and a part of the sentence.
type Case<'a> = (&'a str, &'a str, &'a [&'a str], &'a str, u16, &'a str);

const CASES: [Case<'static>; 33] = [
    ("POST", "/", &[], "", 404, "no call has this path"),
    ("GET", "/v1", &[], "", 404, "no call has this path"),
    ("GET", "/v1/users/", &[], "", 404, "no call has this path"),
    (
        "GET",
        "/v1/users/1/2",
        &[],
        "",
        404,
        "no call has this path",
    ),
    (
        "GET",
        "/v1/users/%ff",
        &[],
        "",
        404,
        "no call has this path",
    ),
    ("GET", "//v1/users/1", &[], "", 404, "no call has this path"),
    (
        "DELETE",
        "/v1/users/1",
        &[],
        "",
        405,
        "this path is called by GET",
    ),
    (
        "PUT",
        "/v1/users",
        &[JSON],
        "{}",
        405,
        "this path is called by",
    ),
    (
        "GET",
        "/v1/users:batchGet",
        &[],
        "",
        405,
        "this path is called by POST",
    ),
    (
        "GET",
        "/v1/users/x",
        &[],
        "",
        400,
        "user_id: it must be a whole number of 64 bits",
    ),
    (
        "GET",
        "/v1/users/1%2F2",
        &[],
        "",
        400,
        "user_id: it must be",
    ),
    (
        "GET",
        "/v1/users/99999999999999999999",
        &[],
        "",
        400,
        "user_id: it must be",
    ),
    (
        "GET",
        "/v1/users/1?x=1",
        &[],
        "",
        400,
        "x: the request has no such parameter",
    ),
    (
        "GET",
        "/v1/users/1?user_id=2",
        &[],
        "",
        400,
        "user_id: it is in the path",
    ),
    ("GET", "/v1/users/1", &[], "x", 400, "this call has no body"),
    (
        "GET",
        "/v1/users/1",
        &["grpc-timeout: 1"],
        "",
        400,
        "grpc-timeout: it must be",
    ),
    (
        "GET",
        "/v1/users/1",
        &["x-request-timeout: now"],
        "",
        400,
        "x-request-timeout: it must be",
    ),
    (
        "GET",
        "/v1/users/1",
        &["authorization: Bearer a", "authorization: Bearer b"],
        "",
        400,
        "authorization: the header appears more than once",
    ),
    (
        "POST",
        "/v1/users?name=a",
        &[JSON],
        "{}",
        400,
        "name: it must be in the body",
    ),
    (
        "POST",
        "/v1/users",
        &[],
        "{}",
        415,
        "the content type application/json",
    ),
    (
        "POST",
        "/v1/users",
        &["content-type: text/plain"],
        "{}",
        415,
        "the content type application/json",
    ),
    (
        "POST",
        "/v1/users",
        &[FORM],
        "{}",
        415,
        "application/json: add -H 'content-type: application/json'",
    ),
    (
        "POST",
        "/v1/users:batchCreate",
        &[FORM],
        "{}",
        415,
        "or application/json: add -H 'content-type: application/x-ndjson'",
    ),
    (
        "POST",
        "/v1/users:batchCreate",
        &[
            "content-type: application/x-ndjson",
            "content-encoding: gzip",
        ],
        "{}",
        415,
        "without an encoding: leave content-encoding out",
    ),
    (
        "POST",
        "/v1/users",
        &[JSON, "content-encoding: gzip"],
        "{}",
        415,
        "without an encoding",
    ),
    (
        "POST",
        "/v1/users",
        &[JSON],
        "",
        400,
        "it is empty; send a JSON object, whose fields are name, email, phone",
    ),
    ("POST", "/v1/users", &[JSON], "{", 400, "EOF while parsing"),
    (
        "POST",
        "/v1/users",
        &[JSON],
        "[]",
        400,
        "the body is not the JSON of the request",
    ),
    (
        "POST",
        "/v1/users",
        &[JSON],
        "{} {}",
        400,
        "trailing characters",
    ),
    (
        "POST",
        "/v1/users",
        &[JSON],
        r#"{"nickname":"ada"}"#,
        400,
        "unrecognized field name 'nickname'",
    ),
    (
        "POST",
        "/v1/users",
        &[JSON],
        r#"{"name":"a","name":"b"}"#,
        400,
        "the name 'name' appears twice",
    ),
    (
        "POST",
        "/v1/users",
        &[JSON],
        r#"{"name":1}"#,
        400,
        "expected a string",
    ),
    (
        "POST",
        "/v1/users",
        &[JSON, "idempotency-key: "],
        "{}",
        400,
        "idempotency-key: it must be a key",
    ),
];

fn assert_error(response: &Response, status: u16, sentence: &str) {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/json"));
    let error = response.json()["error"].take();
    assert_eq!(error["code"], status);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(sentence), "{message}");
}

fn detail<'a>(error: &'a Value, kind: &str) -> &'a Value {
    let details = error["details"].as_array().unwrap();
    let name = format!("type.googleapis.com/google.rpc.{kind}");
    let found = details.iter().find(|it| it["@type"] == name.as_str());
    found.unwrap_or_else(|| panic!("no {kind} in {error}"))
}

#[tokio::test]
async fn what_is_wrong_by_its_form_is_refused_with_a_sentence() {
    let env = TestEnv::builder().collector().start().await;
    let gateway = GatewayEnv::in_front_of(env).await;
    for (verb, path, headers, body, status, sentence) in CASES {
        let response = gateway.request(verb, path, headers, body).await;
        assert_error(&response, status, sentence);
        let error = response.json()["error"].take();
        assert_eq!(detail(&error, "ErrorInfo")["domain"], "user.v1", "{path}");
        let trace = response
            .header("traceresponse")
            .unwrap()
            .split('-')
            .nth(1)
            .unwrap();
        assert_eq!(detail(&error, "RequestInfo")["requestId"], trace, "{path}");
    }
    for length in [20_000, 60_000] {
        let long = format!("/v1/users/{}", "1".repeat(length));
        assert_error(&gateway.get(&long).await, 431, "too large");
    }
    let many = ["x: y"; 120];
    let response = gateway.request("GET", "/v1/users/1", &many, "").await;
    assert_error(&response, 431, "there are more than 100 headers");
    let response = gateway.get("\\v1\\users").await;
    assert_error(&response, 400, "this is not a request of HTTP/1.1");
    let body = format!("{{\"name\":\"{}\"}}", "a".repeat(5 << 20));
    let response = gateway.post("/v1/users", &body).await;
    assert_error(&response, 413, "a message must have");

    let sink = gateway.stop().await.stop().await;
    let spans = sink.spans();
    let of_service = spans
        .iter()
        .filter(|it| it.service_name() == "user-service");
    let names: Vec<_> = of_service.map(|it| &it.span.name).collect();
    assert!(
        !names.iter().any(|it| it.contains("UserService")),
        "{names:?}"
    );
}

#[tokio::test]
async fn errors_of_the_service_keep_their_details() {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    let missing = gateway.get("/v1/users/77").await;
    assert_error(&missing, 404, "");
    let error = missing.json()["error"].take();
    assert_eq!(error["status"], "NOT_FOUND");
    assert_eq!(
        detail(&error, "ResourceInfo")["resourceType"],
        "user.v1.User"
    );
    let invalid = gateway
        .post("/v1/users", r#"{"name":"","email":"x"}"#)
        .await;
    assert_error(&invalid, 400, "");
    let error = invalid.json()["error"].take();
    let violations = detail(&error, "BadRequest")["fieldViolations"]
        .as_array()
        .unwrap();
    let fields: Vec<_> = violations
        .iter()
        .map(|it| it["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["name", "email"]);
}

#[tokio::test]
async fn a_caller_may_ask_for_problem_details() {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    let accept = ["accept: application/problem+json"];
    let response = gateway.request("GET", "/v1/users/x", &accept, "").await;
    assert_eq!(
        response.header("content-type"),
        Some("application/problem+json")
    );
    let problem = response.json();
    assert_eq!(problem["status"], 400);
    assert_eq!(problem["code"], "INVALID_ARGUMENT");
    assert_eq!(problem["errors"][0]["field"], "user_id");
    assert_eq!(response.body.lines().count(), 1);
}

#[tokio::test]
async fn a_service_that_is_away_is_503_with_advice_to_retry() {
    let env = TestEnv::builder().start().await;
    let gateway = GatewayEnv::with_arguments(env, &["--server", "http://127.0.0.1:1"]).await;
    let response = gateway.get("/v1/users/1").await;
    assert_error(&response, 503, "the service is not available");
    assert_eq!(response.header("retry-after"), Some("1"));
    assert!(!response.body.contains("127.0.0.1"), "{response:?}");
}

#[tokio::test]
async fn a_request_beyond_the_limits_is_429_with_advice_to_retry() {
    let env = TestEnv::builder().start().await;
    let gateway = GatewayEnv::with_arguments(env, &["--max-streams-per-address", "0"]).await;
    for (verb, path) in [("GET", "/v1/users/1"), ("GET", "/v1/users")] {
        let response = gateway.request(verb, path, &[], "").await;
        assert_error(&response, 429, "too many requests are open");
        assert_eq!(response.header("retry-after"), Some("1"));
    }
}

#[tokio::test]
async fn the_limit_of_a_message_is_a_setting() {
    let env = TestEnv::builder().start().await;
    let gateway = GatewayEnv::with_arguments(env, &["--max-message-mib", "1"]).await;
    let name = |length| format!("{{\"name\":\"{}\"}}", "a".repeat(length));
    let response = gateway.post("/v1/users", &name(1 << 20)).await;
    assert_error(&response, 413, "a message must have 1048576 bytes at most");
    let response = gateway.post("/v1/users", &name(1_000_000)).await;
    assert_error(&response, 400, "name");
    let path = "/user.v1.UserService/CreateUser";
    let response = gateway.post(path, &name(1 << 20)).await;
    assert_eq!(response.status, 413, "{response:?}");
}

#[tokio::test]
async fn a_smuggled_request_is_refused() {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    for headers in [
        "content-length: 4\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 4",
        "content-length: 4\r\ncontent-length: 0",
        "transfer-encoding: chunked, identity",
    ] {
        let text = format!(
            "POST /v1/users HTTP/1.1\r\nhost: a\r\n{JSON}\r\n{headers}\r\n\r\n0\r\n\r\n\
             GET /v1/users/1 HTTP/1.1\r\nhost: a\r\n\r\n"
        );
        let received = gateway.exchange(text.as_bytes()).await;
        assert_error(&Response::of(&received), 400, "");
        assert_eq!(received.matches("HTTP/1.1").count(), 1, "{received}");
    }
}

#[tokio::test]
async fn a_body_that_would_be_refused_is_not_asked_for() {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    for (line, status) in [
        ("POST /v1/users", 415),
        ("POST /unknown", 404),
        ("PUT /v1/users", 405),
        ("POST /user.v1.UserService/GetUser", 415),
    ] {
        let text = format!(
            "{line} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-type: text/plain\r\n\
             content-length: 9\r\n\r\n"
        );
        // Otherwise it begins with `HTTP/1.1 100 Continue`.
        let received = gateway.exchange(text.as_bytes()).await;
        assert_eq!(Response::of(&received).status, status, "{received}");
    }
}
