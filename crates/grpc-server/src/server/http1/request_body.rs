//! The body of a request over HTTP/1.1.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use prost::bytes::Bytes;
use tokio::sync::Notify;

/// The body of a request over HTTP/1.1, whose connection learns when it is dropped: hyper notices
/// that only when it is polled, and would wait for bytes that the peer does not send.
#[derive(Debug)]
pub(crate) struct Http1Body {
    body: Incoming,
    // After the body, as fields are dropped in order.
    _dropped: Option<NotifyOnDrop>,
}

#[derive(Debug)]
struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Http1Body {
    /// Notifies `dropped`, unless there are no bytes to read.
    pub(super) fn new(body: Incoming, dropped: &Arc<Notify>) -> Self {
        let has_bytes = !body.is_end_stream();
        Self {
            body,
            _dropped: has_bytes.then(|| NotifyOnDrop(Arc::clone(dropped))),
        }
    }
}

impl Body for Http1Body {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
