//! Authentication by tokens.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use grpc_server::{IncompleteTokenRules, TokenRules};

/// How tokens are verified. The first three are given together, or none.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Access")]
pub struct Tokens {
    /// A file with the public keys (JWKS) that verify tokens; setting it makes callers need one.
    #[arg(long, env, global = true, value_name = "FILE")]
    pub auth_jwks_file: Option<PathBuf>,

    /// The issuer of tokens: their claim iss.
    #[arg(long, env, global = true, value_name = "ISSUER",
          value_parser = NonEmptyStringValueParser::new())]
    pub auth_issuer: Option<String>,

    /// The audience of tokens: their claim aud, or one of its entries.
    #[arg(long, env, global = true, value_name = "AUDIENCE",
          value_parser = NonEmptyStringValueParser::new())]
    pub auth_audience: Option<String>,

    /// The claim with the roles, or a path to it such as realm_access.roles: a list, or a text
    /// separated by spaces [default: roles, a list].
    #[arg(long, env, global = true, value_name = "CLAIM",
          value_parser = NonEmptyStringValueParser::new())]
    pub auth_roles_claim: Option<String>,
}

impl Tokens {
    /// The rules for tokens, if authentication is on.
    ///
    /// # Errors
    /// If only some of the settings are set.
    pub fn rules(&self) -> Result<Option<TokenRules>, IncompleteTokenRules> {
        TokenRules::from_settings(
            self.auth_jwks_file.clone(),
            self.auth_issuer.clone(),
            self.auth_audience.clone(),
            self.auth_roles_claim.clone(),
        )
    }
}
