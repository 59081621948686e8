//! The body of a request, kept for another attempt.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http_body::{Body as HttpBody, Frame};
use http_body_util::{BodyExt, Full};
use prost::bytes::Bytes;
use tonic::Status;
use tonic::body::Body;

use super::interest::{self, Interest, Interested};

/// What another attempt can send.
pub(super) enum ReplayableBody {
    /// All of it.
    Whole(Bytes),
    /// A stream that has not been read yet.
    Stream(Arc<Mutex<Stream>>),
}

/// A stream that gives itself to the attempt that reads first.
pub(super) struct Stream {
    body: Body,
    begun: bool,
}

impl ReplayableBody {
    /// Keeps `body`; `whole` is for one whose messages are all there.
    pub(super) async fn new(body: Body, whole: bool) -> Result<Self, Status> {
        if whole {
            return Ok(Self::Whole(body.collect().await?.to_bytes()));
        }
        let stream = Stream { body, begun: false };
        Ok(Self::Stream(Arc::new(Mutex::new(stream))))
    }

    /// A body for the next attempt; none when an earlier one has begun to send it. A stream ends
    /// when the interest in its call does, which is for the response to hold.
    pub(super) fn body(&mut self) -> Option<(Body, Option<Interest>)> {
        match self {
            Self::Whole(bytes) => Some((Body::new(Full::new(bytes.clone())), None)),
            Self::Stream(_) if !self.is_whole() => None,
            Self::Stream(stream) => {
                let (interest, interested) = interest::channel();
                let stream = Arc::clone(stream);
                Some((Body::new(Lent { stream, interested }), Some(interest)))
            }
        }
    }

    /// Whether there is a body for the next attempt.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Stream(stream) => !stream.lock().unwrap_or_else(PoisonError::into_inner).begun,
        }
    }
}

/// A stream in the hands of one attempt.
struct Lent {
    stream: Arc<Mutex<Stream>>,
    interested: Interested,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Poll::Ready(cancelled) = self.interested.poll_lost(task) {
            return Poll::Ready(Some(Err(cancelled)));
        }
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        stream.begun = true;
        Pin::new(&mut stream.body).poll_frame(task)
    }
}
