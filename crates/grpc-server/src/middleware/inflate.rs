//! Requests that are compressed by gzip, as messages that are not.
//!
//! tonic decompresses into a buffer that it keeps for the whole of a call: a stream that sends a
//! few bytes of gzip and falls silent then holds as much as a message may have, uncounted. So
//! messages are decompressed here, where their size counts in the budget of their address.

use std::io::Read;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use prost::bytes::{Bytes, BytesMut};
use tonic::Status;

use super::refusal::Refusals;
use crate::ErrorDomain;
use crate::call::BoxError;
use crate::server::{ByteBudget, HeldBytes};

/// A name that is parsed once: to make one of a text takes longer than to look it up.
static ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// The flag and the length before each message.
const PREFIX_BYTES: usize = 5;
/// The flag of a message that is compressed.
const COMPRESSED: u8 = 1;

/// What these `headers` say of how messages are compressed. There are few of them: to look at each takes
/// less than to hash the name.
pub(crate) fn encodings(headers: &HeaderMap) -> impl Iterator<Item = &HeaderValue> {
    let encodings = headers.iter().filter(|(name, _)| **name == ENCODING);
    encodings.map(|(_, encoding)| encoding)
}

/// How messages are decompressed.
#[derive(Clone, Debug)]
pub(super) struct Inflate {
    pub(super) domain: ErrorDomain,
    pub(super) refusals: Refusals,
    /// The most bytes of a message, before and after.
    pub(super) limit: usize,
}

impl Inflate {
    /// What decompresses the messages of `request`, if they may be compressed. The layers inside
    /// see a request that is not.
    pub(super) fn messages_of<B>(&self, request: &mut Request<B>) -> Option<Messages> {
        if encodings(request.headers()).next()? != "gzip" {
            return None;
        }
        request.headers_mut().remove(&ENCODING);
        let budget = request.extensions_mut().remove::<ByteBudget>();
        Some(Messages {
            rules: self.clone(),
            held: budget.map(HeldBytes::none_of),
            largest: 0,
            buffer: BytesMut::new(),
        })
    }
}

/// The messages of one request.
#[derive(Debug)]
pub(super) struct Messages {
    rules: Inflate,
    /// For what a message had after decompression, which tonic's buffer keeps.
    held: Option<HeldBytes>,
    largest: usize,
    /// The beginning of a message that is not complete.
    buffer: BytesMut,
}

impl Messages {
    /// The next message, if it is complete.
    fn next(&mut self) -> Result<Option<Bytes>, Status> {
        let Some([flag, size @ ..]) = self.buffer.first_chunk::<PREFIX_BYTES>() else {
            return Ok(None);
        };
        let (flag, size) = (*flag, u32::from_be_bytes(*size) as usize);
        if size > self.rules.limit {
            return Err(self.too_large());
        }
        if self.buffer.len() < PREFIX_BYTES + size {
            return Ok(None);
        }
        let message = self.buffer.split_to(PREFIX_BYTES + size);
        if self.buffer.is_empty() {
            // Its memory goes with the message.
            self.buffer = BytesMut::new();
        }
        match flag {
            COMPRESSED => self.inflated(&message[PREFIX_BYTES..]).map(Some),
            _ => Ok(Some(message.freeze())),
        }
    }

    /// A message, with its prefix, that was compressed as `zipped`.
    fn inflated(&mut self, zipped: &[u8]) -> Result<Bytes, Status> {
        let limit = self.rules.limit;
        let mut message = vec![0; PREFIX_BYTES];
        // Reading one byte more than the limit shows that the message exceeds it.
        let read = GzDecoder::new(zipped)
            .take(limit as u64 + 1)
            .read_to_end(&mut message);
        let size = read.map_err(|_| Status::internal("a message is not gzip, as it says"))?;
        let prefix = u32::try_from(size).ok().filter(|_| size <= limit);
        let prefix = prefix.ok_or_else(|| self.too_large())?;
        message[1..PREFIX_BYTES].copy_from_slice(&prefix.to_be_bytes());
        self.hold(size)?;
        Ok(message.into())
    }

    fn hold(&mut self, size: usize) -> Result<(), Status> {
        self.largest = self.largest.max(size);
        let Some(held) = &mut self.held else {
            return Ok(());
        };
        let within = held.resize(self.largest);
        within.map_err(|too_many| self.rules.refusals.status((&too_many).into()))
    }

    fn too_large(&self) -> Status {
        let limit = self.rules.limit;
        let message = format!("a message has more than {limit} bytes after decompression");
        self.rules.domain.completed(&Status::out_of_range(message))
    }
}

pin_project! {
    /// A request body whose messages are not compressed any more.
    #[derive(Debug)]
    pub(super) struct Inflated<B> {
        #[pin]
        inner: B,
        messages: Messages,
    }
}

impl<B> Inflated<B> {
    pub(super) fn new(inner: B, messages: Messages) -> Self {
        Self { inner, messages }
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>>> Body for Inflated<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        loop {
            if let Some(message) = this.messages.next()? {
                return Poll::Ready(Some(Ok(Frame::data(message))));
            }
            let frame = match ready!(this.inner.as_mut().poll_frame(task)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            };
            match frame.into_data() {
                Ok(data) => this.messages.buffer.extend_from_slice(&data),
                Err(frame) => return Poll::Ready(Some(Ok(frame))),
            }
        }
    }
}

#[cfg(test)]
mod tests;
