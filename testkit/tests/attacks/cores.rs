//! Which processor the service runs on, and which its callers and its attacker: an
//! attacker has machines of his own, so his work must not be what the service waits for.

use std::fs;
use std::sync::LazyLock;

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The two that are used, by number; with one processor there is nothing to share out.
static PROCESSORS: LazyLock<Option<(usize, usize)>> = LazyLock::new(|| {
    let ours = sched_getaffinity(None).unwrap();
    let mut ours = (0..CpuSet::MAX_CPU).filter(|it| ours.is_set(*it));
    Some((ours.next()?, ours.next()?))
});

/// Keeps all threads of this process to the second processor. What it starts is there as
/// well, and counts one processor.
pub(crate) fn leave_the_first() {
    if let Some((_, second)) = *PROCESSORS {
        run_on(std::process::id(), second);
    }
}

/// Moves `process` to the first processor.
pub(crate) fn give_the_first_to(process: u32) {
    if let Some((first, _)) = *PROCESSORS {
        run_on(process, first);
    }
}

/// Moves all threads that `process` has; those that it begins later come with them.
fn run_on(process: u32, processor: usize) {
    let mut only = CpuSet::new();
    only.set(processor);
    for thread in fs::read_dir(format!("/proc/{process}/task")).unwrap() {
        let name = thread.unwrap().file_name();
        let thread = Pid::from_raw(name.to_str().unwrap().parse().unwrap());
        // One that has just ended is no matter.
        let _ = sched_setaffinity(thread, &only);
    }
}
