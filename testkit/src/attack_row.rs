//! What an attack cost.

use std::time::Duration;

use crate::sizes;

/// One row of the table of attacks that `cargo xtask chaos` prints.
#[derive(Clone, Debug)]
pub struct AttackRow<'a> {
    /// What was done.
    pub attack: &'a str,
    /// Connections of the attackers.
    pub connections: usize,
    /// Resident memory of the service before, in KiB.
    pub before: u64,
    /// The most that it had meanwhile, in KiB.
    pub peak: u64,
    /// Calls of others.
    pub calls: usize,
    /// Those that failed.
    pub failed: usize,
    /// Within which time 99 % of the calls of others succeeded before the attack.
    pub usual_p99: Duration,
    /// The same under attack.
    pub p99: Duration,
}

impl AttackRow<'_> {
    /// Reports it.
    ///
    /// # Panics
    /// If the file that `CHAOS_REPORT` names can't be written.
    pub fn report(&self) {
        let mib = |kib: u64| (kib as f64 / 1024.0).round();
        let millis = |time: Duration| time.as_secs_f64() * 1000.0;
        sizes::append(&format!(
            "attack | {} | {} | {} | {} | {} of {} | {:.1} | {:.1} |\n",
            self.attack,
            self.connections,
            mib(self.before),
            mib(self.peak),
            self.failed,
            self.calls,
            millis(self.usual_p99),
            millis(self.p99),
        ));
    }
}
