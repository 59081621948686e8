//! Who calls, and whether they may: before anything is done for them.

mod keys;
mod refusal;
mod reload;
mod signature;
mod tokens;
mod verified;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use http::Request;

pub(super) use self::refusal::Refusal;
use self::reload::KeyFile;
pub use self::reload::KeyFileError;
use self::tokens::Tokens;
use super::BoxError;
use super::authorization::{Authorization, Requires};
use super::caller::Subject;

/// Whose tokens are taken.
#[derive(Clone, Copy, Debug)]
pub struct TokenRules<'a> {
    /// The file with the keys that sign them.
    pub key_file: &'a Path,
    /// The claim `iss` that they have.
    pub issuer: &'a str,
    /// The claim `aud` that they have, or have among others.
    pub audience: &'a str,
}

/// The way in. Clones share the keys.
#[derive(Clone)]
pub struct Access {
    /// None: everybody may do everything.
    tokens: Option<Arc<Tokens>>,
}

impl Access {
    /// For a service that trusts whoever reaches it.
    pub fn open() -> Self {
        Self { tokens: None }
    }

    /// For callers with a token by `rules`. What is answered with it keeps up
    /// with the file of keys, for as long as it is run.
    ///
    /// # Errors
    /// When the file has no keys that can be used.
    pub fn by_token(
        rules: TokenRules<'_>,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), KeyFileError> {
        let (file, keys) = KeyFile::open(rules.key_file)?;
        let tokens = Arc::new(Tokens::new(rules.issuer.to_owned(), rules.audience, keys));
        let following = file.follow(Arc::downgrade(&tokens));
        let access = Self {
            tokens: Some(tokens),
        };
        Ok((access, following))
    }

    /// Lets a call pass whose caller may make it by `authorization`, with the caller in its extensions.
    /// No other call gets as far as the router.
    ///
    /// # Errors
    /// A [`Status`](tonic::Status) that says no more than that they may not.
    pub(super) fn admit<B>(
        &self,
        authorization: &Authorization,
        mut request: Request<B>,
    ) -> Result<Request<B>, BoxError> {
        let Some(tokens) = &self.tokens else {
            return Ok(request);
        };
        let requires = authorization.of(request.uri().path());
        if requires == Some(Requires::Nothing) {
            return Ok(request);
        }
        let claims = tokens.verify(request.headers()).map_err(Refusal::answer)?;
        let Some(Requires::Role(role)) = requires else {
            return Err(Refusal::Method.answer().into());
        };
        if !claims.roles.iter().any(|it| it == role) {
            return Err(Refusal::Role.answer().into());
        }
        let subject = Subject(claims.subject.as_str().into());
        request.extensions_mut().insert(subject);
        Ok(request)
    }
}
