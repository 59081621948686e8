//! The body of a request that came over HTTP/2.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use h2::RecvStream;
use http_body::{Body, Frame};
use prost::bytes::Bytes;
use tokio_util::task::TaskTracker;

use super::read_ahead::{self, ReadAhead};
use crate::call::BoxError;
use crate::server::open_calls::OpenCall;

/// The body of a request. One that continues after its first frame is read ahead of its
/// reader, within what the caller may send ahead.
pub(in crate::server) struct StreamBody {
    /// Read by its reader alone: until the first frame, which often is the last.
    direct: Option<RecvStream>,
    ahead: Option<ReadAhead>,
    tasks: TaskTracker,
    open: Arc<OpenCall>,
}

impl StreamBody {
    /// Reads `stream`. A read-ahead runs as one of `tasks`. The call counts as `open` until the
    /// last read.
    pub(super) fn new(stream: RecvStream, tasks: TaskTracker, open: Arc<OpenCall>) -> Self {
        Self {
            direct: Some(stream),
            ahead: None,
            tasks,
            open,
        }
    }

    fn poll_direct(&mut self, task: &mut Context<'_>) -> Poll<Option<read_ahead::Read>> {
        let Some(stream) = &mut self.direct else {
            return Poll::Ready(None);
        };
        let read = ready!(read_ahead::poll_next(stream, task));
        let data = match read {
            Some(Ok(frame)) => frame.into_data(),
            end => {
                self.direct = None;
                return Poll::Ready(end);
            }
        };
        let mut data = match data {
            Ok(data) => data,
            Err(trailers) => {
                self.direct = None;
                return Poll::Ready(Some(Ok(trailers)));
            }
        };
        let left = match stream.is_end_stream() {
            true => Bytes::new(),
            false => data.split_off(data.len().min(read_ahead::MAX_PIECE)),
        };
        // It fails for a stream that is closed, which needs no room any more.
        let _ = stream.flow_control().release_capacity(data.len());
        if !stream.is_end_stream() {
            self.read_ahead((&data, left), task);
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    /// Continues as a read-ahead, after a frame of which the reader has a part.
    fn read_ahead(&mut self, first: (&Bytes, Bytes), task: &mut Context<'_>) {
        let stream = self.direct.take();
        self.ahead = stream.map(|stream| {
            let (tasks, open) = (self.tasks.clone(), Arc::clone(&self.open));
            ReadAhead::start(stream, first, tasks, open, task)
        });
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &self.ahead {
            Some(ahead) => ahead.poll_frame(task),
            None => self.poll_direct(task),
        }
    }

    fn is_end_stream(&self) -> bool {
        match (&self.ahead, &self.direct) {
            (Some(ahead), _) => ahead.is_end_stream(),
            (None, Some(stream)) => stream.is_end_stream(),
            (None, None) => true,
        }
    }
}

impl Drop for StreamBody {
    /// What the caller still sends is read too: frames of a stream that has no reader
    /// count against h2's budget for as long as the connection lasts.
    fn drop(&mut self) {
        let unread = self.direct.take().filter(|stream| !stream.is_end_stream());
        if let Some(stream) = unread {
            ReadAhead::discard(stream, self.tasks.clone(), Arc::clone(&self.open));
        }
    }
}

impl fmt::Debug for StreamBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestBody")
            .field("is_ahead", &self.ahead.is_some())
            .finish_non_exhaustive()
    }
}
