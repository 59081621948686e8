//! Who gets in: the checks before anything is done or reserved for a call.

use http::Request;
use tonic::Status;

use super::authentication::Authentication;
use super::quotas::{QuotaPermit, Quotas};
use super::refusal::Refusals;
use super::{Policy, headers, peer};
use crate::call::TooManyStreams;
use crate::{ErrorDomain, Roles};

/// The checks of a policy.
pub(super) struct CallAdmission {
    domain: ErrorDomain,
    authentication: Authentication,
    roles: Roles,
    quotas: Quotas,
    refusals: Refusals,
}

impl CallAdmission {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            domain: policy.error_domain,
            authentication: policy.authentication.clone(),
            roles: policy.roles.clone(),
            quotas: Quotas::new(policy),
            refusals: Refusals::new(policy.error_domain, policy.metric_prefix),
        }
    }

    /// What makes the statuses of calls that are refused later.
    pub(super) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Lets the call of `request` in, with a permit if its caller has a quota. Its caller is
    /// in its extensions from here on.
    ///
    /// # Errors
    /// The status for the caller of a call that is not let in.
    pub(super) fn admit<B>(&self, request: &mut Request<B>) -> Result<Option<QuotaPermit>, Status> {
        // Too many calls are open already; this applies to every caller and method.
        if let Some(excess) = request.extensions().get::<TooManyStreams>() {
            return Err(self.refusals.status(excess.into()));
        }
        // Clients whose certificate is valid, but names no client that may call.
        peer::check(self.domain, request)?;
        // Headers that HTTP/2 permits, but no client needs.
        headers::check(self.domain, request)?;
        // Who calls, and whether they may: cheap, and so before anything is reserved for them.
        self.authentication
            .admit(&self.roles, &self.refusals, request)?;
        // One caller leaves room for the others; a call counts until its last message.
        let permit = self.quotas.admit(&self.roles, request);
        permit.map_err(|refusal| self.refusals.status(refusal))
    }
}
