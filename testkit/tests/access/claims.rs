//! Tokens that are well signed, and yet not for this service, not now, or not whole.

use serde_json::{Value, json};

use crate::forgeries::Forgery;
use crate::issuer::{AUDIENCE, ISSUER, Issuer, claims, header, now, of_texts, token};

/// Beyond what clocks may differ by.
const FAR: u64 = 120;

/// A claim in another way, and what that is refused as.
type Row = (&'static str, Value, &'static str);

pub(crate) fn forgeries(issuer: &Issuer) -> Vec<Forgery> {
    let mut rows = times();
    rows.extend(names());
    rows.extend(callers());
    let mut forged: Vec<Forgery> = rows
        .into_iter()
        .map(|(name, value, refused)| {
            let what = format!("{name} is {value}");
            let mut claims = claims("ada", &["reader"]);
            claims[name] = value;
            Forgery::new(what, &signed(issuer, &claims), refused)
        })
        .collect();
    for name in ["iss", "aud", "sub", "exp"] {
        let mut claims = claims("ada", &["reader"]);
        claims.as_object_mut().unwrap().remove(name);
        let token = signed(issuer, &claims);
        forged.push(Forgery::new(format!("no {name}"), &token, "claims"));
    }
    forged.extend(texts(issuer));
    forged.extend(kinds(issuer));
    forged
}

fn signed(issuer: &Issuer, claims: &Value) -> String {
    token(&header("EdDSA"), claims, issuer.key("EdDSA"))
}

fn times() -> Vec<Row> {
    vec![
        ("exp", json!(now() - FAR), "expired"),
        ("exp", json!(0), "expired"),
        ("exp", json!(1.5), "expired"),
        ("exp", json!(-1), "claims"),
        ("exp", json!(-1e300), "claims"),
        ("exp", json!(1e300), "claims"),
        ("exp", json!("9999999999"), "claims"),
        ("exp", json!(null), "claims"),
        ("exp", json!(true), "claims"),
        ("exp", json!([now() + FAR]), "claims"),
        ("nbf", json!(now() + 2 * FAR), "not_yet_valid"),
        ("nbf", json!(u64::MAX), "not_yet_valid"),
        ("nbf", json!("0"), "claims"),
        ("nbf", json!(-1), "claims"),
        ("nbf", json!([0]), "claims"),
    ]
}

fn names() -> Vec<Row> {
    vec![
        ("iss", json!("https://attacker.example"), "issuer"),
        ("iss", json!(format!("{ISSUER}/")), "issuer"),
        ("iss", json!(format!("{ISSUER}.attacker.example")), "issuer"),
        ("iss", json!(ISSUER.to_uppercase()), "issuer"),
        ("iss", json!(&ISSUER[..ISSUER.len() - 1]), "issuer"),
        ("iss", json!(format!("{ISSUER}\0")), "issuer"),
        ("iss", json!(""), "issuer"),
        ("iss", json!([ISSUER]), "claims"),
        ("iss", json!(["https://attacker.example", ISSUER]), "claims"),
        ("iss", json!({"0": ISSUER}), "claims"),
        ("iss", json!(null), "claims"),
        ("aud", json!("another-service"), "audience"),
        ("aud", json!(format!("{AUDIENCE}-2")), "audience"),
        ("aud", json!(AUDIENCE.to_uppercase()), "audience"),
        ("aud", json!(format!(" {AUDIENCE}")), "audience"),
        (
            "aud",
            json!(format!("{AUDIENCE} another-service")),
            "audience",
        ),
        ("aud", json!(""), "audience"),
        ("aud", json!("*"), "audience"),
        ("aud", json!([]), "audience"),
        ("aud", json!(["another-service", "a-third"]), "audience"),
        ("aud", json!([[AUDIENCE]]), "claims"),
        ("aud", json!({"0": AUDIENCE}), "claims"),
        ("aud", json!(7), "claims"),
        ("aud", json!(null), "claims"),
    ]
}

fn callers() -> Vec<Row> {
    vec![
        ("sub", json!(""), "claims"),
        ("sub", json!("a".repeat(257)), "claims"),
        ("sub", json!(7), "claims"),
        ("sub", json!(["ada"]), "claims"),
        ("sub", json!(null), "claims"),
        ("roles", json!("reader"), "claims"),
        ("roles", json!({"reader": true}), "claims"),
        ("roles", json!(["reader", 7]), "claims"),
        ("roles", json!(null), "claims"),
    ]
}

/// Claims that are no proper JSON.
fn texts(issuer: &Issuer) -> Vec<Forgery> {
    let honest = claims("ada", &["reader"]).to_string();
    let inside = honest.trim_end_matches('}');
    let table = [
        ("a second subject", format!("{inside},\"sub\":\"eve\"}}")),
        (
            "a second issuer",
            format!("{inside},\"iss\":\"{ISSUER}\"}}"),
        ),
        ("a second expiry", format!("{inside},\"exp\":9999999999}}")),
        ("second roles", format!("{inside},\"roles\":[\"writer\"]}}")),
        ("something after the claims", format!("{honest}{{}}")),
        ("claims that don't end", inside.to_owned()),
        ("a list", format!("[{honest}]")),
        ("a text", "\"claims\"".to_owned()),
        ("nothing", String::new()),
        ("no JSON", "sub=ada&roles=reader".to_owned()),
    ];
    let forged = table.into_iter().map(|(what, text)| {
        let token = of_texts(&header("EdDSA").to_string(), &text, issuer.key("EdDSA"));
        Forgery::new(what, &token, "claims")
    });
    forged.collect()
}

/// Tokens for something else, and headers that ask for what is not understood.
fn kinds(issuer: &Issuer) -> Vec<Forgery> {
    let rows = [
        ("typ", json!("logout+jwt"), "token_type"),
        ("typ", json!("dpop+jwt"), "token_type"),
        ("typ", json!("JWT "), "token_type"),
        ("typ", json!("JWE"), "token_type"),
        ("typ", json!(""), "token_type"),
        ("typ", json!(7), "token_malformed"),
        ("crit", json!(["exp"]), "token_type"),
        ("crit", json!(["b64"]), "token_type"),
        ("crit", json!([]), "token_type"),
        ("crit", json!("exp"), "token_malformed"),
    ];
    let mut forged: Vec<Forgery> = rows
        .into_iter()
        .map(|(name, value, refused)| {
            let what = format!("{name} is {value}");
            let mut header = header("EdDSA");
            header[name] = value;
            let token = token(&header, &claims("ada", &["reader"]), issuer.key("EdDSA"));
            Forgery::new(what, &token, refused)
        })
        .collect();
    let honest = claims("ada", &["reader"]).to_string();
    for (what, header) in [
        (
            "two key ids",
            r#"{"alg":"EdDSA","kid":"EdDSA","kid":"RS256"}"#,
        ),
        (
            "two algorithms",
            r#"{"alg":"EdDSA","alg":"none","kid":"EdDSA"}"#,
        ),
        ("no algorithm", r#"{"kid":"EdDSA"}"#),
        ("a header that is a list", r#"["EdDSA"]"#),
    ] {
        let token = of_texts(header, &honest, issuer.key("EdDSA"));
        forged.push(Forgery::new(what, &token, "token_malformed"));
    }
    forged
}
