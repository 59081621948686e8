//! The body of a response, with the trailers as its last frame.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{BufMut, Bytes, BytesMut};
use grpc_telemetry::rpc::TracedBody;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use tonic::Status;
use tonic::body::Body;

/// The flag of a frame that has trailers.
const TRAILERS: u8 = 0x80;

/// A body whose trailers are data.
#[derive(Debug)]
pub(super) struct TrailersInBody {
    inner: Pin<Box<TracedBody<Body>>>,
    is_over: bool,
}

impl TrailersInBody {
    pub(super) fn new(inner: TracedBody<Body>) -> Self {
        Self {
            inner: Box::pin(inner),
            is_over: false,
        }
    }
}

impl HttpBody for TrailersInBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let trailers = match ready!(self.inner.as_mut().poll_frame(task)) {
            None => {
                self.is_over = true;
                return Poll::Ready(None);
            }
            Some(Ok(frame)) => match frame.into_trailers() {
                Ok(trailers) => trailers,
                Err(frame) => return Poll::Ready(Some(Ok(frame))),
            },
            // The caller gets the status, as there is no other way to say it.
            Some(Err(status)) => status_trailers(&status),
        };
        self.is_over = true;
        Poll::Ready(Some(Ok(Frame::data(encoded(&trailers)))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }
}

fn status_trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    // It fails for a message that is no header, which then is left out.
    let _ = status.add_header(&mut trailers);
    trailers
}

/// Trailers as a frame: a line for each.
fn encoded(trailers: &HeaderMap) -> Bytes {
    let mut lines = BytesMut::new();
    for (name, value) in trailers {
        lines.put_slice(name.as_str().as_bytes());
        lines.put_slice(b": ");
        lines.put_slice(value.as_bytes());
        lines.put_slice(b"\r\n");
    }
    let mut frame = BytesMut::with_capacity(lines.len() + 5);
    frame.put_u8(TRAILERS);
    frame.put_u32(u32::try_from(lines.len()).unwrap_or(u32::MAX));
    frame.put_slice(&lines);
    frame.freeze()
}
