//! The signals that ask the process to stop: SIGTERM, SIGINT, and SIGHUP, which comes when the
//! terminal of the process closes. What can be reloaded is followed all the time, and needs
//! no signal.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// Signals this soon after the first are the same request: `timeout` and supervisors send
/// theirs to the process and to its group, and so twice within microseconds.
const SAME_REQUEST: Duration = Duration::from_millis(500);

/// SIGTERM, SIGINT and SIGHUP, from the moment it is made.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
    /// None where the process is to outlive its terminal, as under `nohup`.
    hangup: Option<Signal>,
    /// When the first of them came.
    first: Option<Instant>,
}

impl StopSignals {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the system does not let the process listen.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: match is_hangup_ignored() {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
            first: None,
        })
    }

    /// Waits for the next request to stop and returns the name of its signal. Signals within
    /// 0.5 seconds of the first one are the same request.
    pub async fn next(&mut self) -> &'static str {
        loop {
            let signal = self.receive().await;
            match self.first {
                Some(first) if first.elapsed() < SAME_REQUEST => {}
                Some(_) => return signal,
                None => {
                    self.first = Some(Instant::now());
                    return signal;
                }
            }
        }
    }

    async fn receive(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            () = received(self.hangup.as_mut()) => "SIGHUP",
        }
    }
}

async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether the parent process made this one ignore SIGHUP, as nohup does. Listening would undo that.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status");
    status.is_ok_and(|status| ignores_hangup(&status))
}

/// Whether this is the status of a process that ignores SIGHUP, the first of all signals.
fn ignores_hangup(status: &str) -> bool {
    let mut lines = status.lines();
    let ignored = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 != 0)
}

#[cfg(test)]
mod tests {
    use super::ignores_hangup;

    #[test]
    fn hangup_is_the_first_bit_of_ignored_signals() {
        let status = |mask: &str| format!("Name:\tx\nSigBlk:\t01\nSigIgn:\t{mask}\nSigCgt:\t01\n");
        assert!(ignores_hangup(&status("0000000000001001")));
        assert!(!ignores_hangup(&status("0000000000001000")));
        assert!(!ignores_hangup(&status("garbage")));
        assert!(!ignores_hangup(""));
    }
}
