//! Authentication by tokens and authorization by roles, before any work is done for a call.

mod keys;
mod reload;
mod roles_claim;
mod rules;
mod signature;
mod tokens;
mod verified;

use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use http::Request;
use tokio::time::Instant;
use tonic::Status;

use self::reload::KeyFile;
pub use self::reload::KeyFileError;
pub use self::rules::{IncompleteTokenRules, TokenRules};
use self::tokens::Tokens;
use super::identity::{Subject, TokenExpiry};
use super::refusal::{CallRefusal, Refusals};
use crate::roles::{Requirement, Roles};

/// Whether calls need a token, and which ones are trusted. Clones share the keys.
#[derive(Clone)]
pub struct Authentication {
    /// None: everybody may do everything.
    tokens: Option<Arc<Tokens>>,
}

impl Authentication {
    /// For a service that trusts every client.
    pub fn open() -> Self {
        Self { tokens: None }
    }

    /// For callers with a token by `rules`. What is returned with it keeps up
    /// with the file of keys, for as long as it is run.
    ///
    /// # Errors
    /// When the file has no keys that can be used.
    pub fn by_token(
        rules: &TokenRules,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), KeyFileError> {
        let (file, keys) = KeyFile::open(&rules.key_file)?;
        let tokens = Arc::new(Tokens::new(rules, keys));
        let following = file.follow(Arc::downgrade(&tokens));
        let authentication = Self {
            tokens: Some(tokens),
        };
        Ok((authentication, following))
    }

    /// Lets a call pass whose caller may make it, with the caller and the expiry of its token in
    /// its extensions.
    /// No other call gets as far as the router.
    ///
    /// # Errors
    /// A status that says no more than that they may not.
    pub(super) fn admit<B>(
        &self,
        roles: &Roles,
        refusals: &Refusals,
        request: &mut Request<B>,
    ) -> Result<(), Status> {
        let Some(tokens) = &self.tokens else {
            return Ok(());
        };
        let required = roles.of(request.uri().path());
        if required == Some(&Requirement::Nothing) {
            return Ok(());
        }
        let claims = tokens.verify(request.headers());
        let claims = claims.map_err(|refusal| refusals.status(refusal))?;
        let Some(Requirement::Role(role)) = required else {
            return Err(refusals.status(CallRefusal::Method));
        };
        if !claims.roles.contains(role) {
            return Err(refusals.status(CallRefusal::Role));
        }
        let subject = Subject(claims.subject.as_str().into());
        let extensions = request.extensions_mut();
        extensions.insert(subject);
        if let Some(expiry) = Instant::now().checked_add(claims.valid_for(SystemTime::now())) {
            extensions.insert(TokenExpiry(expiry));
        }
        Ok(())
    }
}
