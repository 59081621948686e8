//! A stream that watches the frames on it: a peer that opens a connection and
//! says nothing, that dribbles a frame, or that floods with frames that carry
//! no call, is let go. h2 stops other abuse, but not these.

mod activity;
mod header_block;
mod resets;

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

pub(super) use self::activity::Activity;
use self::activity::{DATA_UNIT, UNSEEN_RESET};
use self::header_block::HeaderBlock;
use self::resets::UnseenResets;
use super::byte_budget::HeldBytes;
use super::frames::{
    ACK, CONTINUATION, DATA, END_STREAM, Frame, Frames, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS,
};
use crate::call::CLOSE_LINGER;

/// Frames without a call in between (pings, settings, window updates, crumbs) that a peer
/// may send. One that keeps a quiet connection alive sends some hundreds in its life.
const MAX_SMALL_FRAMES: u32 = 1000;
/// Acknowledgements of PINGs that were never sent, over the life of a connection: no honest
/// peer has one, and each is a warning of h2.
const MAX_UNASKED_ACKS: u32 = 10;
/// What a message of gRPC has at least, in bytes: who sends less in a frame, again and
/// again, is after what a frame costs.
const MESSAGE_HEAD: usize = 5;
/// What a peer that is about to leave may still have under way. One that floods has more.
const MAX_PARTING_BYTES: usize = 64 * 1024;
/// The reasons that gRPC and h2 give with ENHANCE_YOUR_CALM.
const PINGS: &[u8] = b"too_many_pings";
const CRUMBS: &[u8] = b"too_many_data_frames";
const RESETS: &[u8] = b"too_many_resets";
const HEADER_BLOCKS: &[u8] = b"too_many_unfinished_headers";

/// A stream of a server, guarded.
#[derive(Debug)]
pub(super) struct FloodGuard<S> {
    inner: S,
    inbound: Frames,
    outbound: Frames,
    activity: Activity,
    strikes: u32,
    /// PINGs of this side that were not acknowledged yet.
    pings: u32,
    unasked_acks: u32,
    last_is_crumb: bool,
    resets: UnseenResets,
    too_many_resets: bool,
    headers: HeaderBlock,
    too_many_headers: bool,
    frame_timeout: Duration,
    /// The timeout of the opening, or of a frame or headers that are not complete.
    late: Option<Pin<Box<Sleep>>>,
    /// When waiting for the peer to leave ends, once this end has said all.
    leaving: Option<Pin<Box<Sleep>>>,
    /// What the peer has sent since.
    parting_bytes: usize,
}

impl<S> FloodGuard<S> {
    /// Guards `inner`; the peer has `frame_timeout` to open the connection, for each frame and
    /// for the headers of each request, which count in `held` until they are complete.
    pub(super) fn new(inner: S, frame_timeout: Duration, held: HeldBytes) -> Self {
        Self {
            inner,
            inbound: Frames::of_client(),
            outbound: Frames::of_server(),
            activity: Activity::default(),
            strikes: 0,
            pings: 0,
            unasked_acks: 0,
            last_is_crumb: false,
            resets: UnseenResets::new(),
            too_many_resets: false,
            headers: HeaderBlock::none(held),
            too_many_headers: false,
            frame_timeout,
            late: None,
            leaving: None,
            parting_bytes: 0,
        }
    }

    /// What is known of the peer, now and later.
    pub(super) fn activity(&self) -> Activity {
        self.activity.clone()
    }

    fn received(&mut self, bytes: &[u8]) {
        let Self {
            inbound,
            activity,
            strikes,
            pings,
            unasked_acks,
            last_is_crumb,
            resets,
            too_many_resets,
            headers,
            too_many_headers,
            late,
            ..
        } = self;
        activity.add_read();
        resets.begin_turn(activity.turns());
        inbound.feed(bytes, |frame| {
            match frame.kind {
                DATA => activity.add_to_turn(1 + frame.bytes / DATA_UNIT),
                HEADERS => resets.opened(frame.stream),
                RST_STREAM if resets.is_unseen(frame.stream) => {
                    activity.add_to_turn(UNSEEN_RESET);
                    *too_many_resets |= !resets.count();
                }
                _ => {}
            }
            match frame.kind {
                SETTINGS if frame.flags & ACK != 0 => activity.set_open(),
                PING if frame.flags & ACK != 0 => match pings.checked_sub(1) {
                    Some(left) => *pings = left,
                    None => *unasked_acks += 1,
                },
                DATA | HEADERS if !is_crumb(frame) => *strikes = 0,
                _ => *strikes += 1,
            }
            *last_is_crumb = is_crumb(frame);
            *too_many_headers |= headers.note(frame).is_err();
            // The time for headers is that from the first of their frames.
            if activity.is_open() && frame.kind != CONTINUATION {
                *late = None;
            }
        });
    }

    fn sent(&mut self, bytes: &[u8]) {
        let (strikes, pings) = (&mut self.strikes, &mut self.pings);
        self.outbound.feed(bytes, |frame| match frame.kind {
            DATA | HEADERS => *strikes = 0,
            PING if frame.flags & ACK == 0 => *pings += 1,
            _ => {}
        });
    }

    fn is_flooded(&self) -> bool {
        self.strikes > MAX_SMALL_FRAMES
            || self.unasked_acks > MAX_UNASKED_ACKS
            || self.too_many_resets
            || self.too_many_headers
    }

    /// The GOAWAY for a peer that has sent too much.
    fn excess(&self) -> &'static [u8] {
        match (self.too_many_headers, self.too_many_resets) {
            (true, _) => HEADER_BLOCKS,
            (false, true) => RESETS,
            (false, false) if self.last_is_crumb => CRUMBS,
            (false, false) => PINGS,
        }
    }

    /// Whether the peer has completed all that it has begun.
    fn is_complete(&self) -> bool {
        self.activity.is_open() && self.inbound.between_two() && !self.headers.is_unfinished()
    }

    /// Ready when the peer takes too long with what it has begun.
    fn poll_late(&mut self, task: &mut Context<'_>) -> Poll<()> {
        if self.is_complete() {
            self.late = None;
            return Poll::Pending;
        }
        let frame_timeout = self.frame_timeout;
        let late = self
            .late
            .get_or_insert_with(|| Box::pin(sleep(frame_timeout)));
        late.as_mut().poll(task)
    }
}

impl<S: AsyncWrite + Unpin> FloodGuard<S> {
    /// Says why, if a frame fits here, and ends the connection.
    fn calm(&mut self, task: &mut Context<'_>) -> io::Error {
        if self.outbound.between_two() {
            // A peer that does not read misses it.
            let reason = calm(self.excess());
            let _ = Pin::new(&mut self.inner).poll_write(task, &reason);
        }
        io::Error::other("the peer sent too many frames")
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for FloodGuard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.activity.has_had_its_turn() {
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        match Pin::new(&mut self.inner).poll_read(task, buffer) {
            Poll::Pending => {
                ready!(self.poll_late(task));
                let late = "the peer took too long to open the connection or to complete a frame";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, late)));
            }
            Poll::Ready(read) => read?,
        }
        self.received(&buffer.filled()[before..]);
        if self.is_flooded() {
            return Poll::Ready(Err(self.calm(task)));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for FloodGuard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.inner).poll_write(task, bytes))?;
        self.sent(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.inner).poll_write_vectored(task, pieces))?;
        let mut left = count;
        for piece in pieces {
            let written = piece.len().min(left);
            self.sent(&piece[..written]);
            left -= written;
        }
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(task)
    }

    /// Ends what is written, and waits a while for the peer to end its side: what is
    /// unread when a socket is closed makes the system reset the connection, and the
    /// peer may then lose the last responses.
    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.leaving.is_none() {
            ready!(Pin::new(&mut self.inner).poll_shutdown(task))?;
        }
        let leaving = self
            .leaving
            .get_or_insert_with(|| Box::pin(sleep(CLOSE_LINGER)));
        if leaving.as_mut().poll(task).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut rest = [0; 1024];
        loop {
            let mut rest = ReadBuf::new(&mut rest);
            let read = ready!(Pin::new(&mut self.inner).poll_read(task, &mut rest));
            self.parting_bytes += rest.filled().len();
            if read.is_err() || rest.filled().is_empty() || self.parting_bytes > MAX_PARTING_BYTES {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// Whether this is DATA too short for a message, with more to come.
fn is_crumb(frame: Frame) -> bool {
    frame.kind == DATA && frame.bytes < MESSAGE_HEAD && frame.flags & END_STREAM == 0
}

/// GOAWAY with ENHANCE_YOUR_CALM, for this `reason`.
fn calm(reason: &[u8]) -> Vec<u8> {
    /// The last stream, which is not sent, and the code.
    const PAYLOAD: [u8; 8] = [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0xb];
    // A reason is a few words.
    let length = (PAYLOAD.len() + reason.len()) as u8;
    let head = [0, 0, length, GOAWAY, 0, 0, 0, 0, 0];
    [&head[..], &PAYLOAD, reason].concat()
}

#[cfg(test)]
mod tests;
