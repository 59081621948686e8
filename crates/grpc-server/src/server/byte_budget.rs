//! A budget for the bytes of requests that the service holds and has not worked on: what has
//! arrived before its handler reads it, and messages that are not complete.
//!
//! The number of open calls bounds memory only where each has little. So what a call holds
//! beyond a few KiB counts, for its address and in total. A stream of small messages whose
//! handler keeps up never gets that far, and costs nothing here.

use super::shared_count::SharedCount;
use crate::call::TooManyBytes;

/// What each call may hold beside the budget, in bytes. The limits on open calls bound the sum.
const UNCOUNTED: usize = 4 * 1024;

/// The budget of one address and of all. Clones share the counts.
#[derive(Clone, Debug)]
pub(crate) struct ByteBudget {
    pub(super) of_address: SharedCount,
    pub(super) in_total: SharedCount,
    /// Maximum bytes of one address.
    pub(super) per_address: usize,
    /// Maximum bytes of all addresses.
    pub(super) total: usize,
}

/// What one call, or a connection that does not speak HTTP/2, holds of the bytes of requests. It is
/// given back when this is dropped.
#[derive(Debug)]
pub struct HeldBytes {
    budget: ByteBudget,
    counted: usize,
}

impl HeldBytes {
    /// Nothing yet of `budget`.
    pub(crate) fn none_of(budget: ByteBudget) -> Self {
        Self { budget, counted: 0 }
    }

    /// Notes that `bytes` are held now.
    ///
    /// # Errors
    /// When that is beyond the budget of its address or of all; then what it held before counts.
    pub fn resize(&mut self, bytes: usize) -> Result<(), TooManyBytes> {
        let counted = bytes.saturating_sub(UNCOUNTED);
        match counted.checked_sub(self.counted) {
            Some(0) => {}
            Some(more) => self.add(more)?,
            None => self.budget.remove(self.counted - counted),
        }
        self.counted = counted;
        Ok(())
    }

    fn add(&self, more: usize) -> Result<(), TooManyBytes> {
        let budget = &self.budget;
        if !budget.of_address.try_add(more, budget.per_address) {
            return Err(TooManyBytes::OfAddress);
        }
        if !budget.in_total.try_add(more, budget.total) {
            budget.of_address.remove(more);
            return Err(TooManyBytes::InTotal);
        }
        Ok(())
    }
}

impl ByteBudget {
    fn remove(&self, bytes: usize) {
        self.of_address.remove(bytes);
        self.in_total.remove(bytes);
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.budget.remove(self.counted);
    }
}

#[cfg(test)]
mod tests;
