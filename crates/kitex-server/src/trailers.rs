//! Business errors of gRPC calls, as Kitex clients read them: in trailers beside the status.

use grpc_telemetry::rpc::code_of;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use kitex_codec::keys;
use tonic::Status;

use crate::failure::{business_error, is_business};

const STATUS: HeaderName = HeaderName::from_static(keys::BUSINESS_STATUS);
const MESSAGE: HeaderName = HeaderName::from_static(keys::BUSINESS_MESSAGE);
const EXTRA: HeaderName = HeaderName::from_static(keys::BUSINESS_EXTRA);

/// A gRPC `response` whose business errors Kitex clients can read as such, if it `is_for_kitex`:
/// INVALID_ARGUMENT, NOT_FOUND and ALREADY_EXISTS, which their circuit breakers then don't count.
pub fn with_business_errors<B: Body>(
    is_for_kitex: bool,
    mut response: Response<B>,
) -> Response<impl Body<Data = B::Data, Error = B::Error>> {
    if is_for_kitex {
        add(response.headers_mut());
    }
    response.map(|body| {
        body.map_frame(move |mut frame: Frame<B::Data>| {
            if is_for_kitex && let Some(trailers) = frame.trailers_mut() {
                add(trailers);
            }
            frame
        })
    })
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
    use http_body_util::{Full, StreamBody};
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
            let response = with_business_errors(true, response);
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
            let response = with_business_errors(is_for_kitex, Response::new(body));
            let collected = response.into_body().collect().await.unwrap();
            let trailers = collected.trailers().unwrap();
            assert_eq!(trailers.contains_key("biz-status"), is_for_kitex);
        }
    }
}
