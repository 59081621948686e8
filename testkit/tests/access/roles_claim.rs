//! Roles in the claims that other issuers put them into.

use serde_json::{Value, json};
use tonic::Code;

use crate::auth_env::{AuthEnv, assert_unauthenticated, bearer, get_user, passed, send};
use crate::issuer::{claims, header, of_texts, token};
use crate::raw::Answer;

/// The response to a reader's call whose token has `extra` claims on top of the role `roles`.
async fn called(env: &AuthEnv, roles: &[&str], extra: &Value) -> Answer {
    let mut claims = claims("ada", roles);
    let extra = extra.as_object().unwrap().clone();
    claims.as_object_mut().unwrap().extend(extra);
    let token = token(&header("EdDSA"), &claims, env.issuer.key("EdDSA"));
    send(&env.client, get_user(&[bearer(&token)])).await
}

#[tokio::test]
async fn roles_are_taken_from_the_claim_that_is_named_and_from_no_other() {
    let table = [
        (
            "realm_access.roles",
            json!({"realm_access": {"roles": ["x", "reader"]}}),
        ),
        ("scope", json!({"scope": "openid reader"})),
        ("permissions", json!({"permissions": ["reader"]})),
        ("cognito:groups", json!({"cognito:groups": ["reader"]})),
        (
            "https://a.example/roles",
            json!({"https://a.example/roles": ["reader"]}),
        ),
        (
            "groups",
            json!({"groups": "reader", "roles": {"any": "form"}}),
        ),
    ];
    for (claim, extra) in table {
        let env = AuthEnv::start(&[("AUTH_ROLES_CLAIM", claim)]).await;
        let answer = called(&env, &[], &extra).await;
        assert!(passed(&answer), "{claim}: {answer:?}");
        let answer = called(&env, &["reader"], &json!({})).await;
        assert_eq!(answer.code(), Some(Code::PermissionDenied), "{claim}");
    }
}

#[tokio::test]
async fn a_claim_that_is_named_and_malformed_is_no_valid_token() {
    let env = AuthEnv::start(&[("AUTH_ROLES_CLAIM", "realm_access.roles")]).await;
    for value in [
        json!(7),
        json!(null),
        json!(["reader", 7]),
        json!({"reader": true}),
    ] {
        let answer = called(
            &env,
            &["reader"],
            &json!({"realm_access": {"roles": value}}),
        )
        .await;
        assert_unauthenticated(&answer, &value.to_string());
    }
    let honest = claims("ada", &[]).to_string();
    let inside = honest.trim_end_matches('}');
    let twice = r#""realm_access":{"roles":["reader"],"roles":["writer"]}"#;
    let header = header("EdDSA").to_string();
    let token = of_texts(
        &header,
        &format!("{inside},{twice}}}"),
        env.issuer.key("EdDSA"),
    );
    let answer = send(&env.client, get_user(&[bearer(&token)])).await;
    assert_unauthenticated(&answer, "roles that are there twice");
}
