//! The body of a request, whatever protocol it came over.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use prost::bytes::Bytes;

use super::http2::StreamBody;
use crate::call::BoxError;

/// The body of a request.
pub struct RequestBody(BodySource);

enum BodySource {
    /// It arrives over HTTP/2.
    Stream(StreamBody),
    /// All of it has arrived; none once it was read.
    Whole(Option<Bytes>),
    /// It arrives over another protocol.
    Other(Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send>>),
}

impl RequestBody {
    /// A body that has arrived: a message with the prefix that gRPC puts in front of it.
    pub fn whole(bytes: Bytes) -> Self {
        Self(BodySource::Whole(Some(bytes)))
    }

    /// A body that arrives over another protocol than HTTP/2: messages with the prefix that gRPC
    /// puts in front of each.
    pub fn streamed(body: impl Body<Data = Bytes, Error = BoxError> + Send + 'static) -> Self {
        Self(BodySource::Other(Box::pin(body)))
    }
}

impl From<StreamBody> for RequestBody {
    fn from(body: StreamBody) -> Self {
        Self(BodySource::Stream(body))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            BodySource::Stream(body) => Pin::new(body).poll_frame(task),
            BodySource::Whole(bytes) => {
                Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes))))
            }
            BodySource::Other(body) => body.as_mut().poll_frame(task),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            BodySource::Stream(body) => body.is_end_stream(),
            BodySource::Whole(bytes) => bytes.is_none(),
            BodySource::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            BodySource::Stream(body) => body.size_hint(),
            BodySource::Whole(bytes) => {
                let bytes = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(bytes).unwrap_or(u64::MAX))
            }
            BodySource::Other(body) => body.size_hint(),
        }
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            BodySource::Stream(body) => body.fmt(formatter),
            BodySource::Whole(_) | BodySource::Other(_) => formatter.write_str("RequestBody"),
        }
    }
}
