//! The signals that ask the process to stop.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// Signals this soon after the first are the same request: `timeout` and supervisors send
/// theirs to the process and to its group, and so twice within microseconds.
const SAME_REQUEST: Duration = Duration::from_millis(500);

/// SIGTERM and SIGINT, from the moment it is made.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
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
        }
    }
}
