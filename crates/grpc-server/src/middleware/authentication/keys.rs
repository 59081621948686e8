//! The keys that tokens may be signed with, from a JSON Web Key Set (RFC 7517).

use std::collections::HashMap;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};

/// A set is some hundreds of bytes a key.
const MAX_BYTES: usize = 1024 * 1024;
/// Keys of RSA that ring takes, in bytes of their modulus.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
/// An uncompressed point on P-256.
const P256_POINT_BYTES: usize = 65;
const ED25519_KEY_BYTES: usize = 32;

/// Keys by their ids.
#[derive(Debug)]
pub(super) struct Keys(HashMap<String, Key>);

/// A public key, and the one algorithm that goes with it: a token can't choose another.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

/// Why a set of keys is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeysError {
    /// It is far too long.
    #[error("it is longer than 1 MiB")]
    TooLarge,
    /// It isn't one.
    #[error("it is not a JSON Web Key Set: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Two keys can't be distinguished.
    #[error("two keys have the id {0:?}")]
    Repeated(String),
    /// A key that looks as if it were for tokens can't be used.
    #[error("the key {id:?} {fault}")]
    Unusable {
        /// Which.
        id: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// No token could be verified.
    #[error("it has no key for ES256, EdDSA or RS256 with an id")]
    Empty,
}

impl Keys {
    /// Reads a set. Keys for something else are passed over, as the RFC requires.
    pub(super) fn parse(text: &[u8]) -> Result<Self, KeysError> {
        if text.len() > MAX_BYTES {
            return Err(KeysError::TooLarge);
        }
        let set: JwkSet = serde_json::from_slice(text)?;
        let mut keys = HashMap::new();
        for jwk in &set.keys {
            let (Some(id), Some(algorithm)) = (&jwk.common.key_id, algorithm(jwk)) else {
                continue;
            };
            let unusable = |fault| KeysError::Unusable {
                id: id.clone(),
                fault,
            };
            let decoding = decoding(jwk, algorithm).map_err(unusable)?;
            let key = Key {
                algorithm,
                decoding,
            };
            if keys.insert(id.clone(), key).is_some() {
                return Err(KeysError::Repeated(id.clone()));
            }
        }
        match keys.is_empty() {
            true => Err(KeysError::Empty),
            false => Ok(Self(keys)),
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Key> {
        self.0.get(id)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// How tokens are signed with this key, if that is what it is for.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        _ => return None,
    };
    let is_to_sign = matches!(
        jwk.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let said = jwk.common.key_algorithm;
    let is_the_same = said.is_none_or(|said| said == algorithm.into());
    (is_to_sign && is_the_same).then_some(algorithm)
}

/// The key itself, checked as far as can be without a signature.
fn decoding(jwk: &Jwk, algorithm: Algorithm) -> Result<DecodingKey, &'static str> {
    let key = DecodingKey::from_jwk(jwk).map_err(|_| "is not in base64url")?;
    let is_sound = match key.kind() {
        DecodingKeyKind::RsaModulusExponent { n, e } => {
            RSA_MODULUS_BYTES.contains(&n.len())
                && [n, e]
                    .iter()
                    .all(|it| it.first().is_some_and(|it| *it != 0))
        }
        DecodingKeyKind::SecretOrDer(bytes) if algorithm == Algorithm::ES256 => {
            bytes.len() == P256_POINT_BYTES
        }
        DecodingKeyKind::SecretOrDer(bytes) => bytes.len() == ED25519_KEY_BYTES,
    };
    match is_sound {
        true => Ok(key),
        false => Err("has a wrong length; RSA needs 2048 to 8192 bits"),
    }
}
