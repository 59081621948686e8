//! Good tokens in the wrong place, and things in their place that are none.

use http::HeaderValue;

use crate::auth_env::{AuthEnv, assert_unauthenticated, bearer, get_user, passed, send};
use crate::forgeries::Forgery;
use crate::issuer::{Issuer, claims, header, token};

pub(crate) fn forgeries(issuer: &Issuer) -> Vec<Forgery> {
    let token = issuer.token("ada", &["reader"]);
    let malformed = [
        String::new(),
        " ".to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        token.clone(),
        format!("Bearer{token}"),
        format!("Bearer  {token}"),
        format!("Bearer\t{token}"),
        format!("Bearer: {token}"),
        format!("Bearer={token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer <{token}>"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer Bearer {token}"),
        format!("Basic {token}"),
        "Basic YWRhOnNlY3JldA==".to_owned(),
        format!("Token {token}"),
        format!("JWT {token}"),
        format!("DPoP {token}"),
        format!("Negotiate {token}"),
        format!("Digest token={token}"),
        "Bearer null".to_owned(),
        "Bearer undefined".to_owned(),
        "Bearer ..".to_owned(),
        "Bearer ...".to_owned(),
        "Bearer a.b.c".to_owned(),
    ];
    let of_text = |text: &String| Forgery {
        what: text.clone(),
        authorization: vec![HeaderValue::from_str(text).unwrap()],
        refused: "token_malformed",
    };
    let mut forged: Vec<Forgery> = malformed.iter().map(of_text).collect();
    let beyond_ascii = [b"Bearer ", token.as_bytes(), b"\xff"].concat();
    forged.push(Forgery {
        what: "a token beyond ASCII".to_owned(),
        authorization: vec![HeaderValue::from_bytes(&beyond_ascii).unwrap()],
        refused: "token_malformed",
    });
    let good = bearer(&token);
    let bad = HeaderValue::from_static("Basic YWRhOnNlY3JldA==");
    for (what, authorization, refused) in [
        ("no header", vec![], "token_missing"),
        (
            "the header twice",
            vec![good.clone(), good.clone()],
            "token_repeated",
        ),
        (
            "a good header and a bad one",
            vec![good.clone(), bad.clone()],
            "token_repeated",
        ),
        (
            "a bad header and a good one",
            vec![bad, good],
            "token_repeated",
        ),
    ] {
        let what = what.to_owned();
        forged.push(Forgery {
            what,
            authorization,
            refused,
        });
    }
    let long = long(issuer, 9_000);
    forged.push(Forgery::new("a very long token", &long, "token_too_large"));
    forged
}

/// A good token with a subject among so many bytes of other claims.
fn long(issuer: &Issuer, bytes: usize) -> String {
    let mut claims = claims("ada", &["reader"]);
    claims["other"] = "x".repeat(bytes).into();
    token(&header("EdDSA"), &claims, issuer.key("EdDSA"))
}

#[tokio::test]
async fn a_token_counts_in_its_own_header_only() {
    let env = AuthEnv::start(&[]).await;
    let token = env.issuer.token("ada", &["reader"]);
    for name in [
        "x-authorization",
        "proxy-authorization",
        "authorization-bin",
        "www-authenticate",
        "grpc-metadata-authorization",
        "x-forwarded-access-token",
        "x-auth-request-access-token",
        "access-token",
        "token",
        "cookie",
        "baggage",
        "x-forwarded-user",
        "x-user-roles",
        "forwarded",
    ] {
        let request = get_user(&[]).header(name, bearer(&token));
        assert_unauthenticated(&send(&env.client, request).await, name);
    }
}

#[tokio::test]
async fn a_good_token_of_each_algorithm_gets_in_however_bearer_is_spelt() {
    let env = AuthEnv::start(&[]).await;
    let issuer = &env.issuer;
    let mut good = Vec::new();
    for algorithm in crate::issuer::ALGORITHMS {
        let honest = claims("ada", &["reader"]);
        for kind in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
            let mut header = header(algorithm);
            header["typ"] = kind.into();
            good.push(token(&header, &honest, issuer.key(algorithm)));
        }
        let mut untyped = header(algorithm);
        untyped.as_object_mut().unwrap().remove("typ");
        good.push(token(&untyped, &honest, issuer.key(algorithm)));
        let mut several = honest.clone();
        several["aud"] = serde_json::json!(["another-service", crate::issuer::AUDIENCE]);
        good.push(token(&header(algorithm), &several, issuer.key(algorithm)));
        let mut within_leeway = honest;
        within_leeway["exp"] = (crate::issuer::now() - 30).into();
        within_leeway["nbf"] = (crate::issuer::now() + 30).into();
        good.push(token(
            &header(algorithm),
            &within_leeway,
            issuer.key(algorithm),
        ));
    }
    good.push(long(issuer, 5_000));
    for token in &good {
        let answer = send(&env.client, get_user(&[bearer(token)])).await;
        assert!(passed(&answer), "{token}: {answer:?}");
    }
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        let value = HeaderValue::from_str(&format!("{scheme} {}", good[0])).unwrap();
        assert!(
            passed(&send(&env.client, get_user(&[value])).await),
            "{scheme}"
        );
    }
}
