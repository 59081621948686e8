//! Issuers of tokens, honest or not.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const AUDIENCE: &str = "user-service";

/// An untrusted key, in PKCS#1: ring uses keys of RSA, but makes none.
const RSA: &str = include_str!("rsa.base64");

/// A pair of keys.
pub(crate) enum Key {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// The algorithms, each of which has a key in the set of [`Issuer`].
pub(crate) const ALGORITHMS: [&str; 3] = ["EdDSA", "ES256", "RS256"];

impl Key {
    /// A key for this algorithm: a new one, but for RSA.
    pub(crate) fn of(algorithm: &str) -> Self {
        let random = SystemRandom::new();
        match algorithm {
            "EdDSA" => {
                let made = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                Self::Ed25519(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap())
            }
            "ES256" => {
                let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let made = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
                Self::P256(EcdsaKeyPair::from_pkcs8(signing, made.as_ref(), &random).unwrap())
            }
            _ => {
                let key = STANDARD.decode(RSA.replace('\n', "")).unwrap();
                Self::Rsa(Box::new(RsaKeyPair::from_der(&key).unwrap()))
            }
        }
    }

    /// The public half, as in a certificate without its wrapping.
    pub(crate) fn public(&self) -> &[u8] {
        match self {
            Self::Ed25519(key) => key.public_key().as_ref(),
            Self::P256(key) => key.public_key().as_ref(),
            Self::Rsa(key) => key.public_key().as_ref(),
        }
    }

    /// The public half as a JSON Web Key.
    pub(crate) fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Ed25519(_) => {
                json!({"kid": id, "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "x": base64(self.public())})
            }
            Self::P256(_) => {
                // An uncompressed point: 4, x, y.
                let (x, y) = self.public()[1..].split_at(32);
                json!({"kid": id, "kty": "EC", "crv": "P-256", "x": base64(x), "y": base64(y)})
            }
            Self::Rsa(key) => {
                let RsaPublicKeyComponents::<Vec<u8>> { n, e } = key.public().into();
                json!({"kid": id, "kty": "RSA", "use": "sig", "n": base64(n), "e": base64(e)})
            }
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Self::P256(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }
}

/// A token with this header and these claims, signed by `key`.
pub(crate) fn token(header: &Value, claims: &Value, key: &Key) -> String {
    of_texts(&header.to_string(), &claims.to_string(), key)
}

/// A token of texts that need not be what JSON should.
pub(crate) fn of_texts(header: &str, claims: &str, key: &Key) -> String {
    let message = format!("{}.{}", base64(header), base64(claims));
    let signature = key.sign(message.as_bytes());
    format!("{message}.{}", base64(signature))
}

/// A token whose signature is a code of authentication with `secret`.
pub(crate) fn with_secret(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let algorithm = match header["alg"].as_str() {
        Some("HS384") => hmac::HMAC_SHA384,
        Some("HS512") => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    let message = format!(
        "{}.{}",
        base64(header.to_string()),
        base64(claims.to_string())
    );
    let code = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
    format!("{message}.{}", base64(code))
}

/// The header of an honest token; the id of a key is the name of its algorithm.
pub(crate) fn header(algorithm: &str) -> Value {
    json!({"alg": algorithm, "typ": "JWT", "kid": algorithm})
}

/// The claims of an honest token for `subject`.
pub(crate) fn claims(subject: &str, roles: &[&str]) -> Value {
    let now = now();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "roles": roles,
        "iat": now, "nbf": now, "exp": now + 3600,
    })
}

/// An honest issuer, with a key for each algorithm.
pub(crate) struct Issuer(Vec<(&'static str, Key)>);

impl Issuer {
    pub(crate) fn new() -> Self {
        Self(ALGORITHMS.map(|it| (it, Key::of(it))).into())
    }

    pub(crate) fn key(&self, algorithm: &str) -> &Key {
        let found = self.0.iter().find(|(name, _)| *name == algorithm);
        &found.unwrap().1
    }

    /// Its JSON Web Key Set.
    pub(crate) fn keys(&self) -> String {
        let keys: Vec<Value> = self.0.iter().map(|(name, key)| key.jwk(name)).collect();
        json!({ "keys": keys }).to_string()
    }

    /// A token for `subject` with `roles`.
    pub(crate) fn token(&self, subject: &str, roles: &[&str]) -> String {
        token(&header("ES256"), &claims(subject, roles), self.key("ES256"))
    }
}

/// Seconds of Unix time.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs()
}

pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
