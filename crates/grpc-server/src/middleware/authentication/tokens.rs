//! Tokens: JSON Web Tokens (RFC 7519) as access tokens (RFC 6750, RFC 9068).

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;

use super::TokenRules;
use super::keys::{Key, Keys};
use super::roles_claim::{RolesClaim, Unique};
use super::signature;
use super::verified::Verified;
use crate::middleware::refusal::CallRefusal;

/// The longest token, in bytes. Those with long lists of roles have some thousands.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// The longest subject, in bytes: it is kept while its limits are.
const MAX_SUBJECT_BYTES: usize = 256;
/// How far the clock of the issuer may be off, in seconds.
pub(super) const LEEWAY: u64 = 60;
/// What a token may say that it is; nothing is as good.
const TYPES: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

/// Who is believed to be the caller, and what they may do.
#[derive(Deserialize)]
pub(super) struct Claims {
    #[serde(rename = "sub")]
    pub(super) subject: String,
    #[serde(rename = "iss")]
    issuer: String,
    // By the RFC it may have a fraction.
    #[serde(rename = "exp")]
    expiry: f64,
    #[serde(default)]
    pub(super) roles: Vec<String>,
}

impl Claims {
    /// The last second in which they are valid, if all clocks agree.
    pub(super) fn last_second(&self) -> u64 {
        // It saturates; the longest is cut so that something may be added.
        (self.expiry.round() as u64).min(u64::MAX / 2)
    }

    /// How long from `now` on they are still valid, clocks that are off included.
    pub(super) fn valid_for(&self, now: SystemTime) -> Duration {
        let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH);
        let end = Duration::from_secs(self.last_second() + LEEWAY + 1);
        end.saturating_sub(since_epoch.unwrap_or_default())
    }
}

/// The keys, and what was verified by them: both go together.
struct Trusted {
    keys: Keys,
    verified: Verified,
}

impl Trusted {
    fn by(keys: Keys) -> Arc<Self> {
        let verified = Verified::new();
        Arc::new(Self { keys, verified })
    }
}

/// Verifies tokens of one issuer for one audience.
pub(super) struct Tokens {
    issuer: String,
    /// None for the list `roles`.
    roles_claim: Option<RolesClaim>,
    validation: Validation,
    trusted: RwLock<Arc<Trusted>>,
}

impl Tokens {
    pub(super) fn new(rules: &TokenRules, keys: Keys) -> Self {
        signature::install();
        let mut validation = Validation::default();
        validation.set_audience(&[&rules.audience]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        Self {
            issuer: rules.issuer.clone(),
            roles_claim: rules.roles_claim.as_deref().map(RolesClaim::new),
            validation,
            trusted: RwLock::new(Trusted::by(keys)),
        }
    }

    /// From now on, tokens are verified by these.
    pub(super) fn replace_keys(&self, keys: Keys) {
        *self.trusted.write().unwrap_or_else(PoisonError::into_inner) = Trusted::by(keys);
    }

    fn trusted(&self) -> Arc<Trusted> {
        let trusted = self.trusted.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&trusted)
    }

    /// What the token of a call says, if it is one to trust.
    pub(super) fn verify(&self, headers: &HeaderMap) -> Result<Arc<Claims>, CallRefusal> {
        let token = bearer(headers)?;
        let trusted = self.trusted();
        trusted
            .verified
            .claims(token, || self.verify_by(&trusted.keys, token))
    }

    fn verify_by(&self, keys: &Keys, token: &str) -> Result<Claims, CallRefusal> {
        let header = decode_header(token).map_err(|_| CallRefusal::Malformed)?;
        let id = kind_and_key(&header)?;
        let key = keys.get(id).ok_or(CallRefusal::Key)?;
        let claims = self.claims(token, key)?;
        if claims.issuer != self.issuer {
            return Err(CallRefusal::Issuer);
        }
        let subject = &claims.subject;
        if subject.is_empty() || subject.len() > MAX_SUBJECT_BYTES {
            return Err(CallRefusal::Claims);
        }
        Ok(claims)
    }

    fn claims(&self, token: &str, key: &Key) -> Result<Claims, CallRefusal> {
        let validation = Validation {
            algorithms: vec![key.algorithm],
            ..self.validation.clone()
        };
        let Some(roles_claim) = &self.roles_claim else {
            let decoded = decode::<Claims>(token, &key.decoding, &validation);
            return Ok(decoded.map_err(|error| refusal(&error))?.claims);
        };
        let decoded = decode::<Unique>(token, &key.decoding, &validation);
        let Unique(claims) = decoded.map_err(|error| refusal(&error))?.claims;
        with_roles(claims, roles_claim).ok_or(CallRefusal::Claims)
    }
}

/// The claims with the roles of another claim, which replace those of `roles`.
fn with_roles(claims: Value, roles_claim: &RolesClaim) -> Option<Claims> {
    let Value::Object(mut claims) = claims else {
        return None;
    };
    let roles = roles_claim.roles(&claims)?;
    claims.insert("roles".to_owned(), roles.into());
    serde_json::from_value(claims.into()).ok()
}

fn refusal(error: &Error) -> CallRefusal {
    match error.kind() {
        ErrorKind::InvalidAlgorithm => CallRefusal::Algorithm,
        ErrorKind::InvalidSignature | ErrorKind::Base64(_) => CallRefusal::Signature,
        ErrorKind::ExpiredSignature => CallRefusal::Expired,
        ErrorKind::ImmatureSignature => CallRefusal::NotYetValid,
        ErrorKind::InvalidAudience => CallRefusal::Audience,
        _ => CallRefusal::Claims,
    }
}

/// The token of the one `authorization` header.
fn bearer(headers: &HeaderMap) -> Result<&str, CallRefusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(CallRefusal::Missing)?;
    if values.next().is_some() {
        return Err(CallRefusal::Repeated);
    }
    let text = value.to_str().map_err(|_| CallRefusal::Malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(CallRefusal::Malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(CallRefusal::Malformed);
    }
    match token.len() <= MAX_TOKEN_BYTES {
        true => Ok(token),
        false => Err(CallRefusal::TooLarge),
    }
}

/// The id of the key, of a header that requires no unknown extension. Whatever key a
/// header brings along, or links to, is not looked at.
fn kind_and_key(header: &Header) -> Result<&str, CallRefusal> {
    let kind = header.typ.as_deref();
    let is_known = |kind: &str| TYPES.iter().any(|it| it.eq_ignore_ascii_case(kind));
    if !kind.is_none_or(is_known) || header.crit.is_some() {
        return Err(CallRefusal::Type);
    }
    header.kid.as_deref().ok_or(CallRefusal::Key)
}
