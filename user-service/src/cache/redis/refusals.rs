//! Reports a Redis that responds to each command with an error: the cache is useless then, and
//! nothing else shows it, because an error response does not open the circuit breaker.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::command::CommandError;

/// Commands in a row that make a refusal a state.
const THRESHOLD: u32 = 5;

/// Commands in a row that Redis refused.
#[derive(Default)]
pub(super) struct Refusals {
    in_a_row: AtomicU32,
    reported: AtomicBool,
}

impl Refusals {
    /// Takes note of a command that worked.
    pub(super) fn worked(&self) {
        // A look is all that each command pays.
        if self.in_a_row.load(Ordering::Relaxed) > 0 {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
        if self.reported.load(Ordering::Relaxed) && self.reported.swap(false, Ordering::Relaxed) {
            tracing::info!("Redis executes commands again");
        }
    }

    /// Takes note of a command that failed, and reports the fifth in a row that Redis refused.
    /// The circuit breaker counts commands without a response.
    pub(super) fn failed(&self, error: &CommandError) {
        let Some(code) = error.code() else { return };
        let in_a_row = self.in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        if in_a_row >= THRESHOLD && !self.reported.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                code,
                "Redis rejects all commands: users are read from the database until it executes them"
            );
        }
    }
}
