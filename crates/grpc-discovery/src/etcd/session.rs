//! The token of a login, which etcd wants with each request.

use std::fmt;
use std::sync::{PoisonError, RwLock};

use tonic::metadata::MetadataValue;
use tonic::metadata::errors::InvalidMetadataValue;
use tonic::{Code, Request, Status};

use super::EtcdError;
use super::client::Member;
use crate::Login;
use crate::wire::AuthenticateRequest;
use crate::wire::auth_client::AuthClient;

/// The metadata key under which etcd looks for it.
const KEY: &str = "token";

type Value = MetadataValue<tonic::metadata::Ascii>;

/// A user of an etcd, with the token of the last login. Never shows either.
pub(super) struct Session {
    login: Option<Login>,
    token: RwLock<Option<Value>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Session(***)")
    }
}

impl Session {
    pub(super) fn new(login: Option<Login>) -> Self {
        Self {
            login,
            token: RwLock::default(),
        }
    }

    /// `message` with the token, after a login at `member` if there is none yet.
    ///
    /// # Errors
    /// When the login is refused, or its password can't be read.
    pub(super) async fn request<Q>(
        &self,
        member: &Member,
        message: Q,
    ) -> Result<Request<Q>, EtcdError> {
        let mut request = Request::new(message);
        let Some(login) = &self.login else {
            return Ok(request);
        };
        let kept = self.token();
        let token = match kept {
            Some(token) => token,
            None => self.log_in(member, login).await?,
        };
        request.metadata_mut().insert(KEY, token);
        Ok(request)
    }

    /// Forgets the token if `status` says that etcd does not accept it any more: after five minutes
    /// without a request, a restart, or a change of its users. Returns whether it did.
    pub(super) fn is_stale(&self, status: &Status) -> bool {
        let stale = match status.code() {
            Code::Unauthenticated => true,
            // "revision of auth store is old"
            Code::InvalidArgument => status.message().contains("auth store"),
            _ => false,
        };
        if !stale || self.token().is_none() {
            return false;
        }
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = None;
        true
    }

    fn token(&self) -> Option<Value> {
        let token = self.token.read().unwrap_or_else(PoisonError::into_inner);
        token.clone()
    }

    async fn log_in(&self, member: &Member, login: &Login) -> Result<Value, EtcdError> {
        let request = AuthenticateRequest {
            name: login.username.clone(),
            password: login.password.read().await?,
        };
        let granted = AuthClient::new(member.clone())
            .authenticate(request)
            .await?;
        let token = granted.into_inner().token;
        let mut token: Value = token.parse().map_err(|_: InvalidMetadataValue| {
            Status::internal("the token of the login is not a text")
        })?;
        token.set_sensitive(true);
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }
}
