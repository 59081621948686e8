//! What a process has had of the processors, as Linux counts it.

use std::fs;
use std::time::Duration;

/// Time of all threads of a process that run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    /// For which they had a processor.
    pub used: Duration,
    /// For which they could have used one, and others had it.
    pub waited: Duration,
}

impl Cpu {
    /// What has come since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            used: self.used.saturating_sub(before.used),
            waited: self.waited.saturating_sub(before.waited),
        }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            used: self.used + other.used,
            waited: self.waited + other.waited,
        }
    }

    /// Up to now, of the process `pid`.
    pub(super) fn of(pid: u32) -> Self {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
        let mut sum = Self::default();
        for thread in threads.flatten() {
            // One that has just ended counts no more.
            let Ok(line) = fs::read_to_string(thread.path().join("schedstat")) else {
                continue;
            };
            let mut times = line.split_whitespace().map(|it| it.parse().ok());
            let mut next = || times.next().flatten().map(Duration::from_nanos);
            sum.used += next().expect("the first number is the time used");
            sum.waited += next().expect("the second is the time waited");
        }
        sum
    }
}
