//! The token that a login to Nacos grants.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::NacosError;

/// The part of a token's time after which it is renewed, in tenths.
const RENEW_AFTER: u32 = 9;
/// The longest time that a token is used without another look: more than Nacos's default of 5 hours.
const MAX_TOKEN_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The token of a login, until it has to be renewed.
#[derive(Debug, Default)]
pub(super) struct Token(Mutex<Option<Valid>>);

struct Valid {
    token: String,
    until: Instant,
}

impl fmt::Debug for Valid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// What a login returns.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Granted {
    access_token: String,
    /// In seconds.
    #[serde(default)]
    token_ttl: u32,
}

impl Token {
    /// The token, if it is still good for a while.
    pub(super) fn current(&self) -> Option<String> {
        let token = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let valid = token.as_ref().filter(|it| it.until > Instant::now())?;
        Some(valid.token.clone())
    }

    /// Forgets a token that Nacos does not accept any more.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Keeps the token in `body`, the response to a login, and returns it.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn keep(&self, body: &[u8]) -> Result<String, NacosError> {
        let granted: Granted = serde_json::from_slice(body)
            // What was parsed may be the token itself.
            .map_err(|_| NacosError::Nonsense("the login has no accessToken".to_owned()))?;
        let time = Duration::from_secs(granted.token_ttl.into()).min(MAX_TOKEN_TIME);
        let valid = Valid {
            token: granted.access_token.clone(),
            until: Instant::now() + time * RENEW_AFTER / 10,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(valid);
        Ok(granted.access_token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_until_it_has_to_be_renewed() {
        let token = Token::default();
        assert_eq!(token.current(), None);
        let kept = token.keep(br#"{"accessToken":"abc","tokenTtl":18000,"globalAdmin":true}"#);
        assert_eq!(kept.unwrap(), "abc");
        assert_eq!(token.current().as_deref(), Some("abc"));
        token.forget();
        assert_eq!(token.current(), None);
    }

    #[test]
    fn a_token_without_time_is_used_once() {
        let token = Token::default();
        token.keep(br#"{"accessToken":"abc"}"#).unwrap();
        assert_eq!(token.current(), None);
    }

    #[test]
    fn a_response_to_a_login_has_a_token() {
        let error = Token::default().keep(br#"{"accessToken":7}"#).unwrap_err();
        assert!(error.to_string().contains("no accessToken"));
    }
}
