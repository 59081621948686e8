//! What both kinds of connection have: the bytes in either direction, and when it closes.

use std::future::pending;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use grpc_server::{CallStarter, OtherStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::inbound::Inbound;
use super::outbound::Outbound;

/// How long a connection that is to be closed waits for a call that may be in flight, or for its
/// client to read the last response.
const LINGER: Duration = Duration::from_millis(500);

/// A connection without its calls.
pub(super) struct Link {
    reader: ReadHalf<OtherStream>,
    writer: WriteHalf<OtherStream>,
    pub(super) inbound: Inbound,
    pub(super) outbound: Outbound,
    leave: CancellationToken,
    /// Its cancellation. Kept, as each new one would lock the token to join those that wait for it.
    left: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Until when a call that is in flight is waited for, once the client is to leave.
    leaving: Option<Instant>,
}

impl Link {
    /// The link over `stream`, for calls that are started by `calls`, until `leave` is cancelled.
    pub(super) fn new(stream: OtherStream, calls: &CallStarter, leave: CancellationToken) -> Self {
        let timeout = calls.frame_timeout();
        let (reader, writer) = split(stream);
        Self {
            reader,
            writer,
            inbound: Inbound::new(timeout, calls.held_bytes()),
            outbound: Outbound::new(timeout),
            left: Box::pin(leave.clone().cancelled_owned()),
            leave,
            leaving: None,
        }
    }

    /// Waits until something was sent or read, the client is to leave, or it is `wake`. Returns
    /// whether the connection continues: not if the client has left, or a frame is late in either
    /// direction. It reads if `reads`, and lingers while it has no calls. Cancellation safe.
    pub(super) async fn turn(
        &mut self,
        has_calls: bool,
        reads: bool,
        wake: Option<Instant>,
    ) -> bool {
        let late = earliest([self.inbound.deadline(), self.outbound.deadline()]);
        let linger = self.leaving.filter(|_| self.is_idle(has_calls));
        tokio::select! {
            biased;
            sent = self.outbound.send(&mut self.writer), if !self.outbound.is_empty() => sent.is_ok(),
            read = read(&mut self.reader, &mut self.inbound), if reads => read.is_ok_and(|bytes| bytes > 0),
            () = self.left.as_mut(), if self.leaving.is_none() => {
                self.linger();
                true
            }
            () = until(earliest([linger, wake])) => true,
            () = until(late) => false,
        }
    }

    /// Waits a while for a call that may be in flight.
    fn linger(&mut self) {
        self.leaving = Some(Instant::now() + LINGER);
    }

    /// Does so again, if the client is to leave: it may have sent more before it learned of it.
    pub(super) fn linger_again(&mut self) {
        if self.leaving.is_some() {
            self.linger();
        }
    }

    /// Whether the client is to leave; also before [`Link::turn`] has noticed it.
    pub(super) fn is_leaving(&self) -> bool {
        self.leave.is_cancelled()
    }

    /// Whether the client is to leave, and has had no call for a while.
    pub(super) fn has_lingered(&self, has_calls: bool) -> bool {
        let over = self.leaving.is_some_and(|until| until <= Instant::now());
        over && self.is_idle(has_calls)
    }

    pub(super) fn is_idle(&self, has_calls: bool) -> bool {
        !has_calls && self.outbound.is_empty() && self.inbound.is_empty()
    }

    /// Closes in order: what the client still sends is read for a while, as closing the socket
    /// with it unread would take the last response away from the client.
    pub(super) async fn close(mut self) {
        let closing = async {
            self.writer.shutdown().await?;
            let mut unread = [0; 1024];
            while self.reader.read(&mut unread).await? > 0 {}
            io::Result::Ok(())
        };
        // The client may have left, or not read.
        let _ = timeout(LINGER, closing).await;
    }
}

fn earliest<const N: usize>(deadlines: [Option<Instant>; N]) -> Option<Instant> {
    deadlines.into_iter().flatten().min()
}

/// Reads into `inbound`; never, if that has no room.
async fn read(reader: &mut ReadHalf<OtherStream>, inbound: &mut Inbound) -> io::Result<usize> {
    match inbound.room() {
        Some(room) => reader.read_buf(room).await,
        None => pending().await,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
