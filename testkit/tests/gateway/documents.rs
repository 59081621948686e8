//! The OpenAPI document and the page.

use serde_json::Value;
use testkit::TestEnv;

use crate::gateway_env::{GatewayEnv, Response};

async fn get(path: &str) -> Response {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    let response = gateway.get(path).await;
    assert_eq!(response.status, 200, "{response:?}");
    response
}

fn operation<'a>(document: &'a Value, verb: &str, path: &str) -> &'a Value {
    let operation = &document["paths"][path][verb];
    assert!(operation.is_object(), "{verb} {path}");
    operation
}

#[tokio::test]
async fn the_openapi_document_has_every_call_with_its_comments() {
    let response = get("/openapi.json").await;
    assert_eq!(response.header("content-type"), Some("application/json"));
    let document = response.json();
    assert_eq!(document["openapi"], "3.1.0");
    let get = operation(&document, "get", "/v1/users/{user_id}");
    assert_eq!(get["operationId"], "GetUser");
    assert_eq!(get["summary"], "Returns one user.");
    assert_eq!(get["parameters"][0]["name"], "user_id");
    let create = operation(&document, "post", "/v1/users");
    let body = &create["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(body, "#/components/schemas/user.v1.CreateUserRequest");
    let list = operation(&document, "get", "/v1/users");
    let kinds = list["responses"]["200"]["content"].as_object().unwrap();
    let kinds: Vec<_> = kinds.keys().collect();
    let expected = [
        "application/json",
        "application/x-ndjson",
        "text/event-stream",
    ];
    assert_eq!(kinds, expected);
    operation(&document, "post", "/v1/users:batchCreate");
    operation(&document, "post", "/v1/users:batchGet");
    let user = &document["components"]["schemas"]["user.v1.User"];
    assert_eq!(user["properties"]["id"]["type"], "string");
    assert_eq!(
        user["properties"]["phone"]["description"],
        "E.164, such as +4930123456."
    );
    assert_eq!(
        user["required"],
        serde_json::json!(["id", "name", "email", "createdAt"])
    );
    let text = document.to_string();
    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[tokio::test]
async fn the_page_lists_the_calls_and_may_load_nothing_else() {
    let page = get("/").await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("set-cookie"), None);
    for call in [
        "GET /v1/users/{user_id}",
        "POST /v1/users",
        "POST /v1/users:batchGet",
    ] {
        assert!(
            page.body.contains(&format!("<code>{call}</code>")),
            "{call}"
        );
    }
}
