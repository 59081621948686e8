//! Tokens that were verified before: to verify one takes longer than all the
//! rest of a short call (docs/access.md).

use std::sync::Arc;

use jsonwebtoken::get_current_timestamp;
use quick_cache::sync::Cache;
use ring::digest::{SHA256, digest};

use super::tokens::{Claims, LEEWAY};
use crate::middleware::refusal::CallRefusal;

/// Tokens that are remembered. Each has some hundreds of bytes.
const MAX_TOKENS: usize = 10_000;
const DIGEST_BYTES: usize = 32;

/// What is known of a token that is known by its digest: the token itself is not kept.
pub(super) struct Verified(Cache<[u8; DIGEST_BYTES], Arc<Claims>>);

impl Verified {
    pub(super) fn new() -> Self {
        Self(Cache::new(MAX_TOKENS))
    }

    /// The claims of `token`, by `verify` if it is new.
    pub(super) fn claims(
        &self,
        token: &str,
        verify: impl FnOnce() -> Result<Claims, CallRefusal>,
    ) -> Result<Arc<Claims>, CallRefusal> {
        let mut key = [0; DIGEST_BYTES];
        key.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        if let Some(claims) = self.0.get(&key) {
            return match claims.last_second() + LEEWAY < get_current_timestamp() {
                true => Err(CallRefusal::Expired),
                false => Ok(claims),
            };
        }
        let claims = Arc::new(verify()?);
        self.0.insert(key, Arc::clone(&claims));
        Ok(claims)
    }
}
