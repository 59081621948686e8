//! Whose calls are taken.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use grpc_server::TokenRules;

/// Where tokens come from. The first three are given together, or none.
#[derive(Args, Clone, Debug)]
pub struct Tokens {
    /// A file with the public keys (JWKS) of those who issue tokens; callers then need one.
    #[arg(long, env, global = true, value_name = "FILE")]
    pub auth_jwks_file: Option<PathBuf>,

    /// Who issues tokens: their claim iss.
    #[arg(long, env, global = true, value_name = "ISSUER",
          value_parser = NonEmptyStringValueParser::new())]
    pub auth_issuer: Option<String>,

    /// Whom tokens are for: their claim aud, or one of it.
    #[arg(long, env, global = true, value_name = "AUDIENCE",
          value_parser = NonEmptyStringValueParser::new())]
    pub auth_audience: Option<String>,

    /// The claim with the roles, or a path to it such as realm_access.roles: a list, or a text
    /// with spaces in between [default: roles, a list].
    #[arg(long, env, global = true, value_name = "CLAIM",
          value_parser = NonEmptyStringValueParser::new())]
    pub auth_roles_claim: Option<String>,
}

/// Access would be half-on.
#[derive(Debug, thiserror::Error)]
#[error(
    "AUTH_JWKS_FILE, AUTH_ISSUER and AUTH_AUDIENCE go together: set {missing} too, or none of them"
)]
pub struct TokensError {
    missing: String,
}

impl Tokens {
    /// The rules for tokens, if callers need one.
    ///
    /// # Errors
    /// When some settings are there and others are missing.
    pub fn rules(&self) -> Result<Option<TokenRules<'_>>, TokensError> {
        let settings = (
            self.auth_jwks_file.as_deref(),
            self.auth_issuer.as_deref(),
            self.auth_audience.as_deref(),
        );
        match settings {
            (None, None, None) if self.auth_roles_claim.is_none() => Ok(None),
            (Some(key_file), Some(issuer), Some(audience)) => Ok(Some(TokenRules {
                key_file,
                issuer,
                audience,
                roles_claim: self.auth_roles_claim.as_deref(),
            })),
            (key_file, issuer, audience) => {
                let missing = [
                    ("AUTH_JWKS_FILE", key_file.is_none()),
                    ("AUTH_ISSUER", issuer.is_none()),
                    ("AUTH_AUDIENCE", audience.is_none()),
                ];
                let missing = missing.iter().filter(|(_, is_missing)| *is_missing);
                let missing: Vec<_> = missing.map(|(name, _)| *name).collect();
                Err(TokensError {
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
    fn access_is_never_half_on() {
        let issuer = Some("https://issuer.example".to_owned());
        let mut tokens = Tokens {
            auth_jwks_file: None,
            auth_issuer: issuer,
            auth_audience: None,
            auth_roles_claim: None,
        };
        let error = tokens.rules().unwrap_err().to_string();
        assert!(
            error.contains("set AUTH_JWKS_FILE and AUTH_AUDIENCE too"),
            "{error}"
        );

        tokens.auth_issuer = None;
        assert!(tokens.rules().unwrap().is_none());

        tokens.auth_roles_claim = Some("scope".to_owned());
        assert!(tokens.rules().is_err());
    }
}
