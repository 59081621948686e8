//! The frames of a request, taken off HTTP/2 as they come.
//!
//! h2 bounds what small frames cost until they are read, over all streams of a connection,
//! and ends it beyond. So they are read at once, and joined. What they carry stays within
//! the window of the stream, as room is given back only when the handler reads; and within a
//! budget for all streams, beyond which this one ends.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use grpc_telemetry::rpc::Messages;
use h2::{Reason, RecvStream};
use http_body::Frame;
use prost::bytes::{Bytes, BytesMut};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::STREAM_WINDOW;
use crate::call::{BoxError, TooManyBytes};
use crate::server::byte_budget::HeldBytes;
use crate::server::open_calls::OpenCall;

/// What the reader gets at once, in bytes: it keeps as much, however slowly it reads.
pub(super) const MAX_PIECE: usize = 4 * 1024;
/// How long a caller whose call is over is waited for, twice if it is silent, as it or this process
/// may have stood still the first time; and how often if it continues to send.
const FAREWELL_LIMIT: Duration = Duration::from_secs(1);
const MAX_FRAMES_AFTER_END: usize = 10;

/// A frame, or why there is none.
pub(super) type Read = Result<Frame<Bytes>, BoxError>;

/// The next frame of `stream`: data, and then the trailers if there are any.
pub(super) fn poll_next(stream: &mut RecvStream, task: &mut Context<'_>) -> Poll<Option<Read>> {
    let read = match ready!(stream.poll_data(task)) {
        Some(data) => Some(data.map(Frame::data)),
        None => {
            let trailers = ready!(stream.poll_trailers(task));
            trailers.map(|it| it.map(Frame::trailers)).transpose()
        }
    };
    let read = read.filter(|read| match read {
        // How a caller says that it needs no more of a call: an end, and no failure.
        Err(error) => error.reason() != Some(Reason::NO_ERROR),
        Ok(_) => true,
    });
    Poll::Ready(read.map(|read| read.map_err(Into::into)))
}

/// A stream that is read ahead of its reader.
pub(super) struct ReadAhead {
    shared: Arc<Mutex<Shared>>,
    tasks: TaskTracker,
    /// The call, which is open until nothing more of it is read.
    open: Arc<OpenCall>,
    /// None if all had come at once.
    pump: Option<AbortOnDropHandle<()>>,
}

struct Shared {
    stream: RecvStream,
    /// What was read and not yet taken.
    buffer: BytesMut,
    /// The messages in what was taken.
    taken: Messages,
    /// The most that the reader has held of a message that was not complete, in bytes. It may
    /// keep the memory for the next one.
    largest_partial: usize,
    /// The buffer and that.
    held: HeldBytes,
    /// What follows it: trailers or an error.
    last: Option<Read>,
    ended: bool,
    /// Whether it is beyond the budget: what still comes is read and forgotten.
    is_refused: bool,
    /// Who waits for more.
    reader: Option<Waker>,
}

impl ReadAhead {
    /// Reads what is there of `stream`, and lets one of `tasks` read what comes. The reader has
    /// `taken` of it, and what is `left` of that frame comes next.
    pub(super) fn start(
        stream: RecvStream,
        (taken, left): (&Bytes, Bytes),
        tasks: TaskTracker,
        open: Arc<OpenCall>,
        task: &mut Context<'_>,
    ) -> Self {
        let mut ahead = Self::new(stream, tasks, open);
        let filled = {
            let mut shared = lock(&ahead.shared);
            shared.buffer.extend_from_slice(&left);
            shared.note_taken(taken);
            shared.poll_fill(task)
        };
        if filled.is_pending() {
            let shared = Arc::clone(&ahead.shared);
            let filling = poll_fn(move |task| lock(&shared).poll_fill(task));
            ahead.pump = Some(AbortOnDropHandle::new(ahead.tasks.spawn(filling)));
        }
        ahead
    }

    /// Reads and drops the rest of `stream`, also when this is dropped.
    pub(super) fn discard(stream: RecvStream, tasks: TaskTracker, open: Arc<OpenCall>) {
        drop(Self::new(stream, tasks, open));
    }

    fn new(stream: RecvStream, tasks: TaskTracker, open: Arc<OpenCall>) -> Self {
        let shared = Shared {
            stream,
            buffer: BytesMut::new(),
            taken: Messages::default(),
            largest_partial: 0,
            held: open.held_bytes(),
            last: None,
            ended: false,
            is_refused: false,
            reader: None,
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            tasks,
            open,
            pump: None,
        }
    }

    /// The next piece of the body.
    pub(super) fn poll_frame(&self, task: &mut Context<'_>) -> Poll<Option<Read>> {
        lock(&self.shared).poll_take(task)
    }

    /// Whether the reader has had all.
    pub(super) fn is_end_stream(&self) -> bool {
        let shared = lock(&self.shared);
        shared.is_over() && shared.buffer.is_empty() && shared.last.is_none()
    }
}

impl Drop for ReadAhead {
    /// Unread frames of a stream would use up the connection's window, so they
    /// are read for a while: until the caller has learned that its call is over.
    fn drop(&mut self) {
        self.pump = None;
        let mut now = Context::from_waker(Waker::noop());
        if lock(&self.shared).poll_discard(&mut now).is_ready() {
            return;
        }
        // Without a runtime the connection ends too.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (shared, open) = (Arc::clone(&self.shared), Arc::clone(&self.open));
        let discarding = async move {
            discard(shared).await;
            drop(open);
        };
        self.tasks.spawn_on(discarding, &runtime);
    }
}

/// Reads until the caller has ended its request, used up its window or is silent.
async fn discard(shared: Arc<Mutex<Shared>>) {
    let mut was_silent = false;
    for _ in 0..MAX_FRAMES_AFTER_END {
        let before = lock(&shared).used_window();
        let end = poll_fn(|task| lock(&shared).poll_discard(task));
        let ended = timeout(FAREWELL_LIMIT, end).await.is_ok();
        let is_silent = lock(&shared).used_window() == before;
        if ended || (is_silent && was_silent) {
            return;
        }
        was_silent = is_silent;
    }
}

impl Shared {
    /// Takes what has come off HTTP/2. Ready when that was the last.
    fn poll_fill(&mut self, task: &mut Context<'_>) -> Poll<()> {
        while !self.ended {
            let read = ready!(poll_next(&mut self.stream, task));
            self.put(read);
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
        }
        Poll::Ready(())
    }

    fn put(&mut self, read: Option<Read>) {
        let data = match &read {
            Some(Ok(frame)) => frame.data_ref(),
            _ => None,
        };
        match data {
            Some(_) if self.is_refused => {}
            Some(data) => {
                self.buffer.extend_from_slice(data);
                if let Err(too_many) = self.hold() {
                    self.refuse(too_many);
                }
            }
            None => {
                self.ended = true;
                if !self.is_refused {
                    self.last = read;
                }
            }
        }
    }

    /// Counts what is held now.
    fn hold(&mut self) -> Result<(), TooManyBytes> {
        self.held
            .resize(self.buffer.capacity() + self.largest_partial)
    }

    /// Forgets what was not taken, and all that comes. Room is not given back, so that the
    /// caller has to stop.
    fn refuse(&mut self, too_many: TooManyBytes) {
        self.is_refused = true;
        self.buffer = BytesMut::new();
        self.last = Some(Err(too_many.into()));
    }

    fn is_over(&self) -> bool {
        self.ended || self.is_refused
    }

    fn poll_take(&mut self, task: &mut Context<'_>) -> Poll<Option<Read>> {
        if !self.buffer.is_empty() {
            let piece = self.piece();
            self.note_taken(&piece);
            // It fails for a stream that is closed, which needs no room any more.
            let _ = self.stream.flow_control().release_capacity(piece.len());
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if self.is_over() {
            return Poll::Ready(self.last.take());
        }
        self.reader = Some(task.waker().clone());
        Poll::Pending
    }

    /// The reader has `piece` now, and keeps what is not a complete message.
    fn note_taken(&mut self, piece: &[u8]) {
        self.taken.feed(piece, |_| {});
        self.largest_partial = self.largest_partial.max(self.taken.partial_bytes());
        // The buffer had it before, so this is hardly more.
        let _ = self.hold();
    }

    /// The first bytes; the memory goes with the last of them.
    fn piece(&mut self) -> Bytes {
        if self.buffer.len() <= MAX_PIECE {
            return std::mem::take(&mut self.buffer).freeze();
        }
        self.buffer.split_to(MAX_PIECE).freeze()
    }

    /// Takes and forgets. Room is not given back, so that the caller has to stop: ready
    /// when it has ended the stream or used up its window.
    fn poll_discard(&mut self, task: &mut Context<'_>) -> Poll<()> {
        let filled = self.poll_fill(task);
        self.buffer = BytesMut::new();
        self.largest_partial = 0;
        let _ = self.hold();
        if self.used_window() >= STREAM_WINDOW as usize {
            return Poll::Ready(());
        }
        filled
    }

    /// What the caller has sent that it was given no room for again, in bytes.
    fn used_window(&mut self) -> usize {
        self.stream.flow_control().used_capacity()
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    // Whole at every point where a panic could happen.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
