//! Request bodies that are watched to their end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

/// Whether a request body was read to its end.
#[derive(Clone, Debug)]
pub(crate) struct WasRead(Arc<AtomicBool>);

impl WasRead {
    /// `request`, whose body is watched.
    pub(crate) fn watch(request: Request<Body>) -> (Request<Body>, Self) {
        let was_read = Self(Arc::new(AtomicBool::new(request.body().is_end_stream())));
        let watched = was_read.clone();
        let body = |inner| Body::new(WatchedBody { inner, watched });
        (request.map(body), was_read)
    }

    /// Says in `response` that it is the last one of its connection, if the request was not read:
    /// HTTP/1.1 then can't find the next one, which the caller must not send.
    pub(crate) fn close_unless_read(&self, version: Version, response: &mut Response<Body>) {
        if version < Version::HTTP_2 && !self.0.load(Ordering::Relaxed) {
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

#[derive(Debug)]
struct WatchedBody {
    inner: Body,
    watched: WasRead,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(task));
        if frame.is_none() || self.inner.is_end_stream() {
            self.watched.0.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
