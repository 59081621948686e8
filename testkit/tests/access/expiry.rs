//! Tokens that expire while a stream is open.

use std::time::{Duration, Instant};

use serde_json::json;
use tonic::Code;
use tonic::codegen::Bytes;

use crate::auth_env::{AuthEnv, bearer, get_user, passed, reason, send};
use crate::issuer::{claims, header, now, token};
use crate::raw::{call, endless};

/// How far clocks may differ, in seconds.
const LEEWAY: u64 = 60;

#[tokio::test]
async fn a_stream_ends_when_its_token_has_expired() {
    let env = AuthEnv::start(&[]).await;
    // It goes for two more seconds.
    let mut claims = claims("ada", &["reader", "writer"]);
    claims["exp"] = json!(now() + 1 - LEEWAY);
    let token = token(&header("ES256"), &claims, env.issuer.key("ES256"));
    let token = bearer(&token);
    assert!(passed(
        &send(&env.client, get_user(std::slice::from_ref(&token))).await
    ));

    let started = Instant::now();
    for method in ["GetUsers", "CreateUsers"] {
        let request = call(method).header("authorization", token.clone());
        let request = request.body(endless(Bytes::new())).unwrap();
        let answer = env.client.send(request).await.unwrap();
        let status = answer.status.unwrap();
        assert_eq!(status.code(), Code::Unauthenticated, "{method}: {status}");
        let took = started.elapsed();
        assert!(took < Duration::from_secs(10), "{method}: {took:?}");
        if method == "GetUsers" {
            assert_eq!(reason(&status), "TOKEN_EXPIRED", "{status}");
            assert!(took > Duration::from_millis(900), "{took:?}");
        }
    }
    // Another token is another matter.
    let other = bearer(&env.issuer.token("ada", &["reader"]));
    assert!(passed(&send(&env.client, get_user(&[other])).await));
}
