//! Whose calls are taken.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use grpc_server::{IncompleteTokenRules, TokenRules};

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

impl Tokens {
    /// The rules for tokens, if callers need one.
    ///
    /// # Errors
    /// When some settings are there and others are missing.
    pub fn rules(&self) -> Result<Option<TokenRules>, IncompleteTokenRules> {
        TokenRules::from_settings(
            self.auth_jwks_file.clone(),
            self.auth_issuer.clone(),
            self.auth_audience.clone(),
            self.auth_roles_claim.clone(),
        )
    }
}
