//! Calls with one request and one response.

use serde_json::json;
use testkit::users::new_user;
use testkit::{Process, TestEnv};

use crate::gateway_env::{GATEWAY, GatewayEnv, LIMIT};

#[tokio::test]
async fn a_user_is_created_and_found() {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    let user = new_user();
    let body = json!({"name": user.name, "email": user.email, "phone": "+4930123456"});
    let created = gateway.post("/v1/users", &body.to_string()).await;
    assert_eq!(created.status, 200, "{created:?}");
    assert_eq!(created.header("content-type"), Some("application/json"));
    let id = created.json()["userId"].as_str().unwrap().to_owned();

    let found = gateway.get(&format!("/v1/users/{id}")).await;
    assert_eq!(found.status, 200, "{found:?}");
    let found = found.json()["user"].take();
    assert_eq!(found["id"], id);
    assert_eq!(found["email"], user.email);
    assert_eq!(found["phone"], "+4930123456");
    assert!(found["createdAt"].as_str().unwrap().parse::<i64>().unwrap() > 0);
}

#[tokio::test]
async fn names_of_the_proto_and_whole_numbers_are_taken_too() {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    let user = new_user();
    let body = json!({"name": user.name, "email": user.email, "request_id": user.request_id});
    let created = gateway.post("/v1/users", &body.to_string()).await;
    assert_eq!(created.status, 200, "{created:?}");
    // The same content with the same id, as JSON names it.
    let body = json!({"name": user.name, "email": user.email, "requestId": user.request_id});
    let again = gateway.post("/v1/users", &body.to_string()).await;
    assert_eq!(again.json()["userId"], created.json()["userId"]);
}

#[tokio::test]
async fn an_idempotency_key_makes_a_repeat_safe() {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    let user = new_user();
    let body = json!({"name": user.name, "email": user.email}).to_string();
    let key = format!("idempotency-key: \"{}\"", user.request_id);
    let headers = ["content-type: application/json; charset=utf-8", &key];
    let first = gateway.request("POST", "/v1/users", &headers, &body).await;
    let again = gateway.request("POST", "/v1/users", &headers, &body).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(first.json()["userId"], again.json()["userId"]);

    let other = json!({"name": user.name, "email": user.email, "requestId": new_user().request_id});
    let refused = gateway
        .request("POST", "/v1/users", &headers, &other.to_string())
        .await;
    assert_eq!(refused.status, 400, "{refused:?}");
}

#[tokio::test]
async fn http_2_with_prior_knowledge_is_served_too() {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    let id = gateway.env.a_user().await;
    let stream = tokio::net::TcpStream::connect(&gateway.address)
        .await
        .unwrap();
    let (send, connection) = h2::client::handshake(stream).await.unwrap();
    let _connection = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(connection));
    let mut send = send.ready().await.unwrap();
    let url = format!("http://{}/v1/users/{id}", gateway.address);
    let request = http::Request::get(url).body(()).unwrap();
    let (response, _) = send.send_request(request, true).unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.into_body().data().await.unwrap().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(json["user"]["id"], id.to_string());
}

#[tokio::test]
async fn an_empty_variable_counts_as_unset() {
    let variables = [("MAX_STREAMS", ""), ("OTEL_SDK_DISABLED", "true")];
    let mut gateway = Process::start("user-client", &GATEWAY, &variables);
    let is_serving = |line: &str| line.contains(r#""message":"serving""#);
    gateway.wait_for_line(is_serving, LIMIT).await;
}

#[tokio::test]
async fn probes_and_metrics_have_a_port_of_their_own() {
    let gateway = GatewayEnv::in_front_of(TestEnv::builder().start().await).await;
    assert_eq!(gateway.get("/v1/users/1").await.status, 404);
    let url = format!("http://{}", gateway.probes);
    for path in ["/livez", "/readyz"] {
        let (code, _) = testkit::http_get(&url, path).await;
        assert_eq!(code, 200, "{path}");
    }
    assert_eq!(gateway.get("/livez").await.status, 404);
}
