//! Interest in a call: it ends when its caller drops the response.
//!
//! HTTP/2 closes the two halves of a stream one by one, and hyper goes on with a request whose
//! response is dropped. For gRPC the call is over then, by the caller's will; without a reset the
//! server would wait for further messages as long as the connection is open.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body::{Body as HttpBody, Frame, SizeHint};
use prost::bytes::Bytes;
use tokio::sync::oneshot;
use tonic::Status;
use tonic::body::Body;

/// Held by the response. Dropping it ends the request.
#[derive(Debug)]
pub(super) struct Interest(
    #[expect(dead_code, reason = "only its drop matters")] oneshot::Sender<()>,
);

/// Held by the request.
#[derive(Debug)]
pub(super) struct Interested(oneshot::Receiver<()>);

pub(super) fn channel() -> (Interest, Interested) {
    let (held, watched) = oneshot::channel();
    (Interest(held), Interested(watched))
}

impl Interest {
    /// `body`, which holds the interest until it is dropped.
    pub(super) fn held_by(self, body: Body) -> Body {
        Body::new(Held {
            body,
            _interest: self,
        })
    }
}

impl Interested {
    /// Ready as soon as the response is dropped, with what resets the stream of HTTP/2: gRPC
    /// cancels calls by that.
    pub(super) fn poll_lost(&mut self, task: &mut Context<'_>) -> Poll<Status> {
        if !self.0.is_terminated() && Pin::new(&mut self.0).poll(task).is_pending() {
            return Poll::Pending;
        }
        let mut status = Status::cancelled("the response was dropped");
        status.set_source(Arc::new(h2::Error::from(h2::Reason::CANCEL)));
        Poll::Ready(status)
    }
}

struct Held {
    body: Body,
    _interest: Interest,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
