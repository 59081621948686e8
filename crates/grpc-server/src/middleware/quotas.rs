//! Quotas: rate limit and concurrency limits of each caller, so that one can't take what is the others'.

mod rate;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Request;
use tokio::time::Instant;

use self::rate::Rate;
use super::Policy;
use super::identity::CallerIdentity;
use super::refusal::CallRefusal;
use crate::{Methods, Requirement, Roles};

/// Maximum callers that are tracked.
const MAX_CALLERS: usize = 100_000;
/// How often those are forgotten who have nothing open.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// What one caller may take; nothing is no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuotaLimits {
    /// Calls per second; the burst is the calls of one second.
    pub rate: Option<u32>,
    /// Unary calls in flight.
    pub calls: Option<u32>,
    /// Streams that are open.
    pub streams: Option<u32>,
}

impl QuotaLimits {
    fn are_none(&self) -> bool {
        self.rate.is_none() && self.calls.is_none() && self.streams.is_none()
    }
}

/// Keeps each caller within its limits.
pub(super) struct Quotas {
    /// None if there are no limits.
    callers: Option<Arc<Callers>>,
    methods: Methods,
}

impl Quotas {
    /// The quotas of `policy`.
    pub(super) fn new(policy: &Policy) -> Self {
        let limits = policy.limits.quotas;
        let callers = (!limits.are_none()).then(|| Arc::new(Callers::new(limits)));
        Self {
            callers,
            methods: policy.methods.clone(),
        }
    }

    /// A permit for the call of `request`, if it needs one.
    ///
    /// # Errors
    /// When its caller has taken what it may.
    pub(super) fn admit<B>(
        &self,
        roles: &Roles,
        request: &Request<B>,
    ) -> Result<Option<QuotaPermit>, CallRefusal> {
        let Some(callers) = &self.callers else {
            return Ok(None);
        };
        let path = request.uri().path();
        // Probes must not fail because another client behind the same address calls too much.
        if roles.of(path) == Some(&Requirement::Nothing) {
            return Ok(None);
        }
        let shape = match self.methods.shape(path).is_unary() {
            true => Shape::Unary,
            false => Shape::Stream,
        };
        callers
            .admit(CallerIdentity::of(request.extensions()), shape)
            .map(Some)
    }
}

/// A shape of calls that is counted by itself.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Unary,
    Stream,
}

/// The accounts of all callers.
#[derive(Debug)]
struct Callers {
    limits: QuotaLimits,
    accounts: Mutex<Accounts>,
}

#[derive(Debug)]
struct Accounts {
    of: HashMap<CallerIdentity, Account>,
    swept: Instant,
}

/// What a caller has taken.
#[derive(Debug)]
struct Account {
    rate: Rate,
    calls: u32,
    streams: u32,
}

impl Callers {
    fn new(limits: QuotaLimits) -> Self {
        let accounts = Accounts {
            of: HashMap::new(),
            swept: Instant::now(),
        };
        Self {
            limits,
            accounts: Mutex::new(accounts),
        }
    }

    /// A permit for a call of `caller`, unless its quota is exhausted.
    fn admit(
        self: &Arc<Self>,
        caller: CallerIdentity,
        shape: Shape,
    ) -> Result<QuotaPermit, CallRefusal> {
        let now = Instant::now();
        let mut accounts = self.lock();
        let account = accounts.of(&caller, now).ok_or(CallRefusal::Callers)?;
        account.take(shape, &self.limits, now)?;
        Ok(QuotaPermit {
            callers: Arc::clone(self),
            caller,
            shape,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Accounts> {
        // The counts are whole at every point where a panic could happen.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    /// The account of `caller`, a new one if there is room for it.
    fn of(&mut self, caller: &CallerIdentity, now: Instant) -> Option<&mut Account> {
        if !self.of.contains_key(caller) {
            self.sweep(now);
            if self.of.len() >= MAX_CALLERS {
                return None;
            }
        }
        let account = self.of.entry(caller.clone());
        Some(account.or_insert_with(|| Account {
            rate: Rate::unused(now),
            calls: 0,
            streams: 0,
        }))
    }

    fn sweep(&mut self, now: Instant) {
        if now < self.swept + SWEEP_INTERVAL {
            return;
        }
        self.swept = now;
        self.of.retain(|_, account| !account.is_unused(now));
    }
}

impl Account {
    /// Takes a call, or nothing at all.
    fn take(
        &mut self,
        shape: Shape,
        limits: &QuotaLimits,
        now: Instant,
    ) -> Result<(), CallRefusal> {
        let (open, limit, refusal) = match shape {
            Shape::Unary => (&mut self.calls, limits.calls, CallRefusal::Calls),
            Shape::Stream => (&mut self.streams, limits.streams, CallRefusal::Streams),
        };
        if limit.is_some_and(|limit| *open >= limit) {
            return Err(refusal);
        }
        if let Some(rate) = limits.rate {
            self.rate.take(now, rate).map_err(CallRefusal::Rate)?;
        }
        *open += 1;
        Ok(())
    }

    fn is_unused(&self, now: Instant) -> bool {
        self.calls == 0 && self.streams == 0 && self.rate.is_unused(now)
    }
}

/// Counts a call against the concurrency limit of its caller until this is dropped.
#[derive(Debug)]
pub(super) struct QuotaPermit {
    callers: Arc<Callers>,
    caller: CallerIdentity,
    shape: Shape,
}

impl Drop for QuotaPermit {
    fn drop(&mut self) {
        let mut accounts = self.callers.lock();
        // An account with an open call is not forgotten.
        if let Some(account) = accounts.of.get_mut(&self.caller) {
            match self.shape {
                Shape::Unary => account.calls -= 1,
                Shape::Stream => account.streams -= 1,
            }
        }
    }
}

#[cfg(test)]
mod tests;
