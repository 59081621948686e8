//! The rest of a response, whose end may be an error too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;

use super::{made_by_library, panicked};
use crate::ErrorDomain;
use crate::call::BoxError;

pin_project! {
    /// A body that always ends with a complete status: also after a panic, and
    /// where a library made it.
    pub struct CompleteBody<B> {
        // None after a panic, and for a response that has no body.
        #[pin]
        inner: Option<B>,
        domain: ErrorDomain,
    }
}

impl<B> CompleteBody<B> {
    pub(super) fn new(inner: B, domain: ErrorDomain) -> Self {
        Self {
            inner: Some(inner),
            domain,
        }
    }
}

impl<B> Default for CompleteBody<B> {
    /// A body of nothing, which names no domain.
    fn default() -> Self {
        Self {
            inner: None,
            domain: ErrorDomain::new(""),
        }
    }
}

impl<B: Body<Error: Into<BoxError>>> Body for CompleteBody<B> {
    type Data = B::Data;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, Status>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        // Safe to go on with: what panicked is not used again.
        let polled = catch_unwind(AssertUnwindSafe(|| inner.poll_frame(task)));
        let frame = match polled {
            Ok(polled) => ready!(polled),
            Err(panic) => {
                this.inner.set(None);
                Some(Ok(Frame::trailers(trailers(&panicked(
                    *this.domain,
                    panic,
                )))))
            }
        };
        Poll::Ready(frame.map(|frame| match frame {
            Ok(frame) => Ok(completed(*this.domain, frame)),
            Err(error) => Err(Status::from_error(error.into())),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Some(inner) => inner.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

fn completed<D>(domain: ErrorDomain, frame: Frame<D>) -> Frame<D> {
    match frame.trailers_ref().and_then(made_by_library) {
        Some(status) => Frame::trailers(trailers(&domain.completed(&status))),
        None => frame,
    }
}

fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    // It fails for a message that is no header value; tonic encodes all that may be one.
    let _ = status.add_header(&mut trailers);
    trailers
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::convert::Infallible;

    use futures_util::{StreamExt, stream};
    use http_body_util::{BodyExt, StreamBody};
    use prost::bytes::Bytes;
    use tonic::Code;

    use super::*;

    async fn last_code(body: impl Body<Data = Bytes, Error = Infallible>) -> Option<(Code, usize)> {
        let collected = CompleteBody::new(body, ErrorDomain::new("a"))
            .collect()
            .await
            .unwrap();
        let status = Status::from_header_map(collected.trailers()?)?;
        Some((status.code(), status.details().len()))
    }

    fn data() -> Result<Frame<Bytes>, Infallible> {
        Ok(Frame::data(Bytes::from_static(b"message")))
    }

    #[tokio::test]
    async fn a_panic_in_a_stream_is_internal() {
        let frames = stream::iter([data()]).chain(stream::once(async { panic!("a defect") }));

        let (code, details) = last_code(StreamBody::new(frames)).await.unwrap();

        assert_eq!(code, Code::Internal);
        assert!(details > 0);
    }

    #[tokio::test]
    async fn a_librarys_error_at_the_end_of_a_stream_is_completed() {
        let by_tonic = Status::out_of_range("decoded message length too large");
        let frames = stream::iter([data(), Ok(Frame::trailers(trailers(&by_tonic)))]);

        let (code, details) = last_code(StreamBody::new(frames)).await.unwrap();

        assert_eq!(code, Code::ResourceExhausted);
        assert!(details > 0);
    }
}
