//! Accepting, which may fail for a while.

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;
use std::{io, iter};

use grpc_common::Backoff;
use tokio::net::{TcpListener, TcpStream};

/// How long accepting rests after a failure, for instance without a free file
/// descriptor: from the first to the longest rest, doubled each time.
const FIRST_REST: Duration = Duration::from_millis(50);
const LONGEST_REST: Duration = Duration::from_secs(1);
/// Maximum connections that are taken from the queue of a listener that is to close.
const MAX_QUEUED: usize = 1024;

/// A listener that does not spin when the system has no connection to give.
pub(super) struct Acceptor<'a> {
    listener: &'a TcpListener,
    rest: Backoff,
}

impl<'a> Acceptor<'a> {
    pub(super) fn new(listener: &'a TcpListener) -> Self {
        Self {
            listener,
            rest: rests(),
        }
    }

    /// The next connection. Cancellation safe.
    pub(super) async fn next(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(connection) => {
                    self.rest.reset();
                    return connection;
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => self.rest_after(&error).await,
            }
        }
    }

    async fn rest_after(&mut self, error: &io::Error) {
        // Only this process waits for its descriptors: nothing comes back together.
        let rest = self.rest.next(0.0);
        tracing::warn!(%error, ?rest, "cannot accept connections");
        tokio::time::sleep(rest).await;
    }
}

fn rests() -> Backoff {
    Backoff::new(FIRST_REST, 2, LONGEST_REST)
}

/// Whether a connection broke before it was accepted: the next one may be fine.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// The connections that the system has accepted for `listener` and that wait in its queue.
pub(super) fn queued(listener: &TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let Ok(listener) = listener.as_fd().try_clone_to_owned() else {
        return Vec::new();
    };
    let listener = std::net::TcpListener::from(listener);
    // It fails when there is none left, as the listener does not block.
    let accepted = iter::from_fn(|| listener.accept().ok()).take(MAX_QUEUED);
    let usable = accepted.filter_map(|(stream, peer)| {
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, peer))
    });
    usable.collect()
}

/// Closes a connection for which no slot is free, without a socket in TIME_WAIT.
pub(super) fn turn_away(stream: TcpStream, peer: SocketAddr) {
    tracing::debug!(%peer, "a connection over the limit was refused");
    // It fails only on a connection that is gone already.
    let _ = stream.set_zero_linger();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_pause_doubles_from_50_ms_to_1_s() {
        let mut rests = rests();
        let millis: Vec<_> = (0..7).map(|_| rests.next(0.0).as_millis()).collect();
        assert_eq!(millis, [50, 100, 200, 400, 800, 1000, 1000]);
    }
}
