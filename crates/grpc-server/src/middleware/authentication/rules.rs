//! Which tokens are trusted.

use std::path::PathBuf;

/// Which tokens are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRules {
    /// The file with the keys that sign them, a JSON Web Key Set (RFC 7517); reloaded on change.
    pub key_file: PathBuf,
    /// The claim `iss` that they have.
    pub issuer: String,
    /// The claim `aud` that they have, or have among others.
    pub audience: String,
    /// The claim that has the roles, or a path to it such as `realm_access.roles`: a list of
    /// texts, or one text with spaces in between. By default the list `roles`.
    pub roles_claim: Option<String>,
}

/// Authentication would be half-on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "AUTH_JWKS_FILE, AUTH_ISSUER and AUTH_AUDIENCE go together: set {missing} too, or none of them"
)]
pub struct IncompleteTokenRules {
    missing: String,
}

impl TokenRules {
    /// The rules that the settings `AUTH_JWKS_FILE`, `AUTH_ISSUER`, `AUTH_AUDIENCE` and
    /// `AUTH_ROLES_CLAIM` say; none if none of them is set.
    ///
    /// # Errors
    /// When one of the first three is missing.
    pub fn from_settings(
        key_file: Option<PathBuf>,
        issuer: Option<String>,
        audience: Option<String>,
        roles_claim: Option<String>,
    ) -> Result<Option<Self>, IncompleteTokenRules> {
        match (key_file, issuer, audience) {
            (None, None, None) if roles_claim.is_none() => Ok(None),
            (Some(key_file), Some(issuer), Some(audience)) => Ok(Some(Self {
                key_file,
                issuer,
                audience,
                roles_claim,
            })),
            (key_file, issuer, audience) => {
                let missing = [
                    ("AUTH_JWKS_FILE", key_file.is_none()),
                    ("AUTH_ISSUER", issuer.is_none()),
                    ("AUTH_AUDIENCE", audience.is_none()),
                ];
                let missing = missing.iter().filter(|(_, is_missing)| *is_missing);
                let missing: Vec<_> = missing.map(|(name, _)| *name).collect();
                Err(IncompleteTokenRules {
                    missing: missing.join(" and "),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn authentication_is_never_half_on() {
        let text = |text: &str| Some(text.to_owned());
        let error = TokenRules::from_settings(None, text("https://issuer.example"), None, None);
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("set AUTH_JWKS_FILE and AUTH_AUDIENCE too"),
            "{error}"
        );
        let unset = TokenRules::from_settings(None, None, None, None);
        assert_eq!(unset, Ok(None));
        assert!(TokenRules::from_settings(None, None, None, text("scope")).is_err());
    }
}
