//! Tokens that are not signed by a key of the issuer, in its one way.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::forgeries::Forgery;
use crate::issuer::{ALGORITHMS, Issuer, Key, base64, claims, header, token, with_secret};

pub(crate) fn forgeries(issuer: &Issuer) -> Vec<Forgery> {
    let each = ALGORITHMS.iter().flat_map(|algorithm| {
        let mut found = without(issuer, algorithm);
        found.extend(by_a_secret(issuer, algorithm));
        found.extend(by_others(issuer, algorithm));
        found.extend(by_another_name(issuer, algorithm));
        found.extend(tampered(issuer, algorithm));
        found
    });
    each.chain(psychic(issuer)).collect()
}

fn honest_claims() -> Value {
    claims("ada", &["reader"])
}

fn honest(issuer: &Issuer, algorithm: &str) -> String {
    token(&header(algorithm), &honest_claims(), issuer.key(algorithm))
}

/// A header of `algorithm` with one thing in another way.
fn changed(algorithm: &str, name: &str, value: Value) -> Value {
    let mut header = header(algorithm);
    header[name] = value;
    header
}

/// `none` in all spellings, with no signature and with an old one.
fn without(issuer: &Issuer, algorithm: &str) -> Vec<Forgery> {
    let old = honest(issuer, algorithm);
    let old = old.rsplit('.').next().unwrap();
    let spellings = ["none", "None", "NONE", "nOnE", ""];
    let forged = spellings.into_iter().flat_map(|none| {
        let header = changed(algorithm, "alg", json!(none));
        let message = format!(
            "{}.{}",
            base64(header.to_string()),
            base64(honest_claims().to_string())
        );
        [
            Forgery::new(
                format!("{none:?}"),
                &format!("{message}."),
                "token_malformed",
            ),
            Forgery::new(
                format!("{none:?} with a signature"),
                &format!("{message}.{old}"),
                "token_malformed",
            ),
        ]
    });
    forged.collect()
}

/// What is public, taken for a shared secret.
fn by_a_secret(issuer: &Issuer, algorithm: &str) -> Vec<Forgery> {
    let key = issuer.key(algorithm);
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(key.public())
    );
    let secrets = [
        ("the public key", key.public().to_vec()),
        ("its PEM", pem.into_bytes()),
        ("its JWK", key.jwk(algorithm).to_string().into_bytes()),
        ("nothing", Vec::new()),
    ];
    let mut forged = Vec::new();
    for shared in ["HS256", "HS384", "HS512"] {
        for (what, secret) in &secrets {
            let header = changed(algorithm, "alg", json!(shared));
            let token = with_secret(&header, &honest_claims(), secret);
            let what = format!("{shared} with {what} of {algorithm}");
            forged.push(Forgery::new(what, &token, "algorithm"));
        }
    }
    forged
}

/// Keys of another issuer, also if the token contains them.
fn by_others(issuer: &Issuer, algorithm: &str) -> Vec<Forgery> {
    let other = match algorithm {
        // There is one key of RSA: its signature over something else.
        "RS256" => None,
        _ => Some(Key::of(algorithm)),
    };
    let sign = |header: &Value| match &other {
        Some(other) => token(header, &honest_claims(), other),
        None => {
            let token = token(header, &honest_claims(), issuer.key(algorithm));
            let (message, _) = token.rsplit_once('.').unwrap();
            let elsewhere = issuer.key(algorithm).sign(b"something else");
            format!("{message}.{}", base64(elsewhere))
        }
    };
    let jwk = Key::of(if other.is_some() { algorithm } else { "ES256" }).jwk(algorithm);
    let url = json!("https://attacker.example/keys.json");
    let brought = [
        ("nothing", "cty", json!("JWT")),
        ("jwk", "jwk", jwk),
        ("jku", "jku", url.clone()),
        ("x5u", "x5u", url),
        ("x5c", "x5c", json!(["MIIB"])),
        ("x5t", "x5t", json!("AAAA")),
    ];
    let forged = brought.into_iter().map(|(what, name, value)| {
        let token = sign(&changed(algorithm, name, value));
        let what = format!("another key for {algorithm} that brings {what}");
        Forgery::new(what, &token, "signature")
    });
    forged.collect()
}

/// Keys that are not named, or not by their name; algorithms that are not theirs.
fn by_another_name(issuer: &Issuer, algorithm: &str) -> Vec<Forgery> {
    let sign = |header: &Value| token(header, &honest_claims(), issuer.key(algorithm));
    let names = [
        json!("unknown"),
        json!(""),
        json!(algorithm.to_lowercase()),
        json!(format!("{algorithm} ")),
        json!(format!("{algorithm}\0")),
        json!("../../../../etc/passwd"),
        json!("/dev/null"),
        json!("file:///dev/null"),
        json!("x' UNION SELECT 'key"),
        json!("*"),
        json!(null),
    ];
    let mut forged: Vec<Forgery> = names
        .into_iter()
        .map(|name| {
            let what = format!("{algorithm} with the key {name}");
            let token = sign(&changed(algorithm, "kid", name));
            Forgery::new(what, &token, "key_unknown")
        })
        .collect();
    for name in [json!(1), json!([algorithm]), json!({})] {
        let token = sign(&changed(algorithm, "kid", name));
        forged.push(Forgery::new(
            "a key id that is no text",
            &token,
            "token_malformed",
        ));
    }
    for other in [
        "ES256", "EdDSA", "RS256", "RS384", "RS512", "PS256", "ES384",
    ] {
        if other != algorithm {
            let what = format!("{algorithm} that says it is {other}");
            let token = sign(&changed(algorithm, "alg", json!(other)));
            forged.push(Forgery::new(what, &token, "algorithm"));
        }
    }
    forged
}

/// Valid tokens that were altered.
fn tampered(issuer: &Issuer, algorithm: &str) -> Vec<Forgery> {
    let token = honest(issuer, algorithm);
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts[..] else {
        panic!("a token has three parts");
    };
    let more = base64(claims("ada", &["reader", "writer", "operator"]).to_string());
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(signature)
        .unwrap();
    let mut flipped = bytes.clone();
    flipped[7] ^= 1;
    let zeros = vec![0; bytes.len()];
    let other_head = base64(changed(algorithm, "cty", json!("x")).to_string());
    let table = [
        (
            "with more roles",
            format!("{head}.{more}.{signature}"),
            "signature",
        ),
        (
            "with another header",
            format!("{other_head}.{body}.{signature}"),
            "signature",
        ),
        (
            "without a signature",
            format!("{head}.{body}."),
            "signature",
        ),
        (
            "with a bit flipped",
            format!("{head}.{body}.{}", base64(&flipped)),
            "signature",
        ),
        (
            "with zeros for a signature",
            format!("{head}.{body}.{}", base64(&zeros)),
            "signature",
        ),
        (
            "with half a signature",
            format!("{head}.{body}.{}", base64(&bytes[..16])),
            "signature",
        ),
        (
            "with a longer signature",
            format!("{head}.{body}.{signature}AAAA"),
            "signature",
        ),
        (
            "with padding",
            format!("{head}.{body}.{signature}=="),
            "signature",
        ),
        (
            "with no base64",
            format!("{head}.{body}.!{signature}"),
            "signature",
        ),
        ("of two parts", format!("{head}.{body}"), "token_malformed"),
        ("of one part", head.to_owned(), "token_malformed"),
        (
            "of four parts",
            format!("{token}.{signature}"),
            "token_malformed",
        ),
        (
            "without a header",
            format!(".{body}.{signature}"),
            "token_malformed",
        ),
        (
            "without claims",
            format!("{head}..{signature}"),
            "signature",
        ),
        (
            "in another order",
            format!("{body}.{head}.{signature}"),
            "token_malformed",
        ),
        (
            "with a dot at the end",
            format!("{token}."),
            "token_malformed",
        ),
        (
            "cut in the header",
            head[..head.len() / 2].to_owned(),
            "token_malformed",
        ),
        ("in capitals", token.to_uppercase(), "token_malformed"),
    ];
    let forged = table
        .into_iter()
        .map(|(what, token, refused)| Forgery::new(format!("{algorithm} {what}"), &token, refused));
    forged.collect()
}

/// Numbers that some implementations take for a signature of anything.
fn psychic(issuer: &Issuer) -> Vec<Forgery> {
    let token = honest(issuer, "ES256");
    let (message, _) = token.rsplit_once('.').unwrap();
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&order[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let mut one = vec![0; 31];
    one.push(1);
    let numbers = [("zero", vec![0; 32]), ("one", one), ("the order", order)];
    let mut forged = Vec::new();
    for (r_name, r) in &numbers {
        for (s_name, s) in &numbers {
            let signature = base64([&r[..], s].concat());
            let what = format!("ES256 of {r_name} and {s_name}");
            forged.push(Forgery::new(
                what,
                &format!("{message}.{signature}"),
                "signature",
            ));
        }
    }
    // The other way to write an honest signature down, which JWT doesn't have.
    let der = base64([&[0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01][..]].concat());
    forged.push(Forgery::new(
        "ES256 in DER",
        &format!("{message}.{der}"),
        "signature",
    ));
    forged
}
