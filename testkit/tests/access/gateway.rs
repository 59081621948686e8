//! The gateway passes the tokens of its callers on, and decides nothing itself.

use serde_json::json;

use crate::auth_env::AuthEnv;
use crate::gateway_env::GatewayEnv;

const GET: &str = "/user.v1.UserService/GetUser";
const JSON: &str = "content-type: application/json";

#[tokio::test]
async fn a_caller_of_the_gateway_may_do_what_its_token_allows() {
    let AuthEnv {
        env,
        issuer,
        key_file: _key_file,
        ..
    } = AuthEnv::start(&[]).await;
    let gateway = GatewayEnv::in_front_of(env).await;
    let header = |roles: &[&str]| {
        let token = issuer.token("ada", roles);
        format!("authorization: Bearer {token}")
    };
    let (reader, writer) = (header(&["reader"]), header(&["writer"]));
    let user = json!({"name": "Ada Lovelace", "email": "ada@example.com"}).to_string();
    let rows = ["content-type: application/x-ndjson"];
    for (verb, path, body, [nobody, by_reader, by_writer]) in [
        ("GET", "/v1/users/4711", "", [401, 404, 403]),
        ("GET", "/v1/users", "", [401, 200, 403]),
        ("POST", "/v1/users", user.as_str(), [401, 403, 200]),
        ("POST", GET, r#"{"userId":"4711"}"#, [401, 404, 403]),
    ] {
        for (token, expected) in [("", nobody), (&reader, by_reader), (&writer, by_writer)] {
            let token = (!token.is_empty()).then_some(token);
            let headers: Vec<_> = [JSON].into_iter().chain(token).collect();
            let response = gateway.request(verb, path, &headers, body).await;
            assert_eq!(response.status, expected, "{verb} {path}: {response:?}");
            let challenge = response.header("www-authenticate");
            assert_eq!(challenge.is_some(), expected == 401, "{path}");
        }
    }
    let path = "/v1/users:batchCreate";
    let headers = [rows[0], &reader];
    let refused = gateway.request("POST", path, &headers, &user).await;
    assert_eq!(refused.status, 403, "{refused:?}");

    let sink = gateway.stop().await.stop().await;
    let shown = format!("{:?}", sink.spans());
    assert!(!shown.contains("Bearer"), "{shown}");
}

#[tokio::test]
async fn a_gateway_has_no_token_of_its_own() {
    let variables = [("USER_SERVICE_TOKEN", "abc"), ("OTEL_SDK_DISABLED", "true")];
    let free = [
        "--gateway-addr",
        "127.0.0.1:0",
        "--gateway-http-addr",
        "127.0.0.1:0",
    ];
    let arguments = [&["gateway"], &free[..]].concat();
    let output = testkit::user_client(&arguments, &variables).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        output
            .stderr
            .contains("passes the tokens of its callers on"),
        "{output:?}"
    );
}
