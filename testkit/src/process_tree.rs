//! Signals to a process together with all that it started.

use std::fs;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

/// Sends `signal` to `root` and then to its descendants. The root comes first,
/// so that a stopped server can't start another child in between.
///
/// A process group would not do: each child of PostgreSQL is in a group of its own.
pub(crate) fn signal(root: u32, signal: Signal) {
    send(root, signal);
    for pid in descendants(root, &parents()) {
        send(pid, signal);
    }
}

/// Sends `signal` to one process. One that has ended by itself is no error.
pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let _ = pid.map(|pid| kill_process(pid, signal));
}

fn descendants(root: u32, parents: &[(u32, u32)]) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(parents.iter().filter(|it| it.1 == parent).map(|it| it.0));
        next += 1;
    }
    found.split_off(1)
}

/// All processes, each with its parent's id: from `/proc`, or from `ps` where there is none.
fn parents() -> Vec<(u32, u32)> {
    match fs::read_dir("/proc") {
        Ok(entries) => entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(|pid| Some((pid, parent_in_proc(pid)?)))
            .collect(),
        Err(_) => parents_by_ps(),
    }
}

/// The name of the program, in parentheses, may hold spaces: fields count from behind it.
fn parent_in_proc(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

fn parents_by_ps() -> Vec<(u32, u32)> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    let text = output.map(|it| it.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().map(str::parse);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::descendants;

    #[test]
    fn descendants_are_found_in_every_generation() {
        let parents = [(2, 1), (3, 2), (4, 1), (5, 9), (6, 3)];
        assert_eq!(descendants(1, &parents), [2, 4, 3, 6]);
        assert!(descendants(5, &parents).is_empty());
    }
}
