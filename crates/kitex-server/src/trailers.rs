//! Business errors of gRPC calls, as Kitex clients read them: in trailers beside the status.

use std::pin::Pin;
use std::task::{Context, Poll};

use grpc_telemetry::rpc::code_of;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use kitex_codec::keys;
use pin_project_lite::pin_project;
use tonic::Status;

use crate::failure::{business_error, is_business};

const STATUS: HeaderName = HeaderName::from_static(keys::BUSINESS_STATUS);
const MESSAGE: HeaderName = HeaderName::from_static(keys::BUSINESS_MESSAGE);
const EXTRA: HeaderName = HeaderName::from_static(keys::BUSINESS_EXTRA);

pin_project! {
    /// The body of a response to a client that can read business errors, or to another one.
    #[derive(Debug)]
    pub struct BusinessErrors<B> {
        #[pin]
        inner: B,
        is_for_kitex: bool,
    }
}

impl<B> BusinessErrors<B> {
    /// A gRPC `response` whose business errors Kitex clients can read as such, if it
    /// `is_for_kitex`.
    pub(crate) fn of(is_for_kitex: bool, mut response: Response<B>) -> Response<Self> {
        if is_for_kitex {
            add(response.headers_mut());
        }
        response.map(|inner| Self {
            inner,
            is_for_kitex,
        })
    }
}

impl<B: Body> Body for BusinessErrors<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let mut polled = this.inner.poll_frame(task);
        if *this.is_for_kitex
            && let Poll::Ready(Some(Ok(frame))) = &mut polled
            && let Some(trailers) = frame.trailers_mut()
        {
            add(trailers);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Adds the business error that the status among `headers` is.
fn add(headers: &mut HeaderMap) {
    if !code_of(headers).is_some_and(is_business) {
        return;
    }
    let Some(error) = Status::from_header_map(headers)
        .as_ref()
        .and_then(business_error)
    else {
        return;
    };
    headers.insert(STATUS, HeaderValue::from(error.status));
    // In both it is percent-encoded.
    if let Some(message) = headers.get(Status::GRPC_MESSAGE).cloned() {
        headers.insert(MESSAGE, message);
    }
    // Reasons and ids of traces are ASCII.
    if let Ok(extra) = HeaderValue::try_from(error.extra_json()) {
        headers.insert(EXTRA, extra);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::{BodyExt, Full, StreamBody};
    use tonic::Code;

    use super::*;

    fn headers(status: &Status) -> HeaderMap {
        let mut headers = HeaderMap::new();
        status.add_header(&mut headers).unwrap();
        headers
    }

    #[test]
    fn only_mistakes_of_the_caller_are_business_errors() {
        for (code, number) in [
            (Code::InvalidArgument, Some("3")),
            (Code::NotFound, Some("5")),
            (Code::AlreadyExists, Some("6")),
            (Code::Ok, None),
            (Code::Internal, None),
            (Code::Unavailable, None),
            (Code::DeadlineExceeded, None),
            (Code::ResourceExhausted, None),
        ] {
            let mut response = Response::new(Full::new(Bytes::new()));
            *response.headers_mut() = headers(&Status::new(code, "a b"));
            let response = BusinessErrors::of(true, response);
            let number = number.map(HeaderValue::from_static);
            assert_eq!(response.headers().get("biz-status"), number.as_ref());
            let message = response.headers().get("biz-message");
            assert_eq!(message.is_some(), number.is_some());
        }
    }

    #[tokio::test]
    async fn the_trailers_of_a_stream_have_them_too_where_kitex_is_expected() {
        for is_for_kitex in [true, false] {
            let trailers = headers(&Status::not_found("gone"));
            let trailers = Ok::<_, Status>(Frame::<Bytes>::trailers(trailers));
            let body = StreamBody::new(futures_util::stream::iter([trailers]));
            let response = BusinessErrors::of(is_for_kitex, Response::new(body));
            let collected = response.into_body().collect().await.unwrap();
            let trailers = collected.trailers().unwrap();
            assert_eq!(trailers.contains_key("biz-status"), is_for_kitex);
        }
    }
}
