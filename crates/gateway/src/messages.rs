//! The messages of a response as the body of HTTP: lines, events, or one array.

mod framing;

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, Stream};
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep_until};
use tonic::{Status, Streaming};

pub(crate) use self::framing::{Codec, Framing};
use crate::error::{Errors, Failure, Renderer};
use crate::headers::Deadline;
use crate::json;
use crate::rows::RowError;

/// Buffered bytes beyond which they are sent, even if more messages are ready.
const PIECE: usize = 16 * 1024;

/// Messages of a call, in the order in which they come; an error is the last one.
#[derive(Debug)]
pub(crate) struct Messages {
    pub(crate) stream: Streaming<DynamicMessage>,
    /// One that was read already.
    pub(crate) first: Option<DynamicMessage>,
    /// What learns of an error in the rows of the request.
    pub(crate) failed: Option<oneshot::Receiver<RowError>>,
    pub(crate) late: Option<Pin<Box<Sleep>>>,
    pub(crate) errors: Errors,
}

impl Messages {
    /// Ends them with the error in the rows of the request that `failed` learns of.
    pub(crate) fn unless(mut self, failed: oneshot::Receiver<RowError>) -> Self {
        // It must not be polled after it has said that there was no error.
        self.failed = (!failed.is_terminated()).then_some(failed);
        self
    }

    /// Ends them at `deadline`, if there is one.
    pub(crate) fn until(mut self, deadline: Option<Deadline>) -> Self {
        self.late = deadline.map(|deadline| Box::pin(sleep_until(deadline.0)));
        self
    }

    fn poll_next(
        &mut self,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<DynamicMessage, Failure>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        if let Some(failed) = &mut self.failed
            && let Poll::Ready(error) = failed.poll_unpin(task)
        {
            self.failed = None;
            if let Ok(error) = error {
                return Poll::Ready(Some(Err(self.errors.of_row(&error))));
            }
        }
        if let Some(late) = &mut self.late
            && late.poll_unpin(task).is_ready()
        {
            return Poll::Ready(Some(Err(self.errors.deadline_exceeded())));
        }
        let next = Pin::new(&mut self.stream).poll_next(task);
        next.map(|next| next.map(|it| it.map_err(|status| self.errors.of_call(status))))
    }
}

/// A body that has the messages. It holds [`PIECE`] bytes and one message at most.
#[derive(Debug)]
pub(crate) struct MessagesBody {
    pub(crate) messages: Messages,
    pub(crate) framing: Framing,
    pub(crate) field: Option<FieldDescriptor>,
    pub(crate) pool: DescriptorPool,
    pub(crate) renderer: Renderer,
    pub(crate) buffer: BytesMut,
    pub(crate) count: u64,
    pub(crate) is_over: bool,
}

impl MessagesBody {
    /// Adds a message to what is to be sent next; returns whether more can be added.
    fn add(&mut self, mut message: DynamicMessage) -> Result<bool, Failure> {
        let text = match self.framing.codec() {
            Codec::Proto => Ok(message.encode_to_vec()),
            Codec::Json => json::write(&mut message, self.field.as_ref(), &self.pool),
        };
        let text = text.map_err(|status| self.messages.errors.of_call(status))?;
        self.framing.message(self.count, &text, &mut self.buffer);
        self.count += 1;
        Ok(self.buffer.len() < PIECE)
    }

    fn end(&mut self) {
        self.is_over = true;
        // They are there once the last message was read.
        let trailers = self.messages.stream.trailers().now_or_never();
        let trailers = match trailers {
            Some(Ok(Some(trailers))) => trailers.into_headers(),
            _ => HeaderMap::new(),
        };
        self.framing.end(self.count, &trailers, &mut self.buffer);
    }

    /// Adds `failure`, where the framing has a place for it.
    fn fail(&mut self, failure: &Failure) -> Result<(), Status> {
        self.is_over = true;
        let error = match self.framing {
            Framing::Envelopes(..) => self.renderer.connect(failure),
            _ => self.renderer.status(&failure.status, failure.http()),
        };
        let trailers = failure.status.metadata().as_ref();
        match self.framing.error(&error, trailers, &mut self.buffer) {
            true => Ok(()),
            // The body ends early, so that it can't be taken for a whole one.
            false => Err((*failure.status).clone()),
        }
    }
}

impl HttpBody for MessagesBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let mut has_room = !this.is_over;
        while has_room {
            let added = match this.messages.poll_next(task) {
                Poll::Pending if this.buffer.is_empty() => return Poll::Pending,
                Poll::Pending => break,
                Poll::Ready(None) => {
                    this.end();
                    break;
                }
                Poll::Ready(Some(Ok(message))) => this.add(message),
                Poll::Ready(Some(Err(failure))) => Err(failure),
            };
            has_room = match added {
                Ok(has_room) => has_room,
                Err(failure) => match this.fail(&failure) {
                    Ok(()) => false,
                    Err(status) => return Poll::Ready(Some(Err(status))),
                },
            };
        }
        match this.buffer.is_empty() {
            true => Poll::Ready(None),
            false => Poll::Ready(Some(Ok(Frame::data(this.buffer.split().freeze())))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over && self.buffer.is_empty()
    }
}
