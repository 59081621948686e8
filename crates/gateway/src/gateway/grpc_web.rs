//! gRPC-Web: calls of gRPC whose trailers are the last frame of the body.

mod body;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use tonic::body::Body;

use self::body::TrailersInBody;
use super::Inner;
use crate::error::Failure;
use crate::headers::{self, Deadline};
use crate::metadata;
use crate::rpc::Method;
use crate::web_text::{Base64Body, WebEncoding};

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc+proto");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// The status of a call without messages, which is among the headers.
const STATUS: [HeaderName; 3] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
];
/// The flag and the length before each message.
const PREFIX: usize = 5;
const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

impl Inner {
    /// Makes the call of `method`, whatever streams it has, as far as the caller can have them.
    pub(super) async fn grpc_web(
        &self,
        method: &Method,
        encoding: WebEncoding,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        self.check(&request)?;
        let timeout = headers::timeout(request.headers());
        let timeout = timeout.map_err(|invalid| self.errors.invalid_field(&invalid))?;
        let descriptor = &method.descriptor;
        let otherwise = match method.is_unary() {
            true => Some(self.timeout),
            false => self.stream_timeout,
        };
        let deadline = timeout.or(otherwise).map(Deadline::after);
        let (head, body) = request.into_parts();
        let body = match encoding {
            WebEncoding::Binary => body,
            WebEncoding::Text => Body::new(Base64Body::new(body)),
        };
        let calling = async {
            let body = match descriptor.is_client_streaming() {
                true => body,
                false => self.only_frame(body).await?,
            };
            let mut call = Request::new(body);
            *call.method_mut() = http::Method::POST;
            *call.uri_mut() = method.target.path.clone().into();
            *call.headers_mut() = call_headers(&head.headers, deadline);
            let response = self.calls.raw(call).await;
            response.map_err(|status| self.errors.of_call(status))
        };
        let response = self.in_time(deadline, calling).await?;
        let (head, body) = response.into_parts();
        let body = TrailersInBody::new(body).map_frame(move |it| encoded(it, encoding));
        let mut response = Response::new(Body::new(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, encoding.media_type());
        headers.extend(metadata::application(&head.headers));
        copy(&head.headers, headers, STATUS);
        copy(&head.headers, headers, [ENCODING]);
        Ok(response)
    }

    /// A body of one message, which must be there: servers take the first one, and a connection
    /// whose request was not read to its end is closed.
    async fn only_frame(&self, body: Body) -> Result<Body, Failure> {
        let frame = self.read(body).await?;
        let length = frame.get(1..PREFIX).and_then(|it| it.try_into().ok());
        let length = length.map(u32::from_be_bytes).map(usize::try_from);
        match length == Some(Ok(frame.len().wrapping_sub(PREFIX))) {
            true => Ok(Body::new(Full::from(frame))),
            false => Err(self.errors.other_count()),
        }
    }
}

fn encoded(frame: Frame<Bytes>, encoding: WebEncoding) -> Frame<Bytes> {
    frame.map_data(|piece| encoding.encode(piece))
}

fn call_headers(received: &HeaderMap, deadline: Option<Deadline>) -> HeaderMap {
    let mut headers = metadata::of_request(received);
    headers.insert(CONTENT_TYPE, GRPC);
    headers.insert(TE, HeaderValue::from_static("trailers"));
    // The service decompresses messages, and compresses them for the caller.
    copy(received, &mut headers, [ENCODING, ACCEPT_ENCODING]);
    // No deadline is longer than a day, which has eight digits.
    let left = deadline.map(|deadline| format!("{}m", deadline.left().as_millis()));
    if let Some(Ok(left)) = left.map(HeaderValue::try_from) {
        headers.insert(GRPC_TIMEOUT, left);
    }
    headers
}

fn copy(from: &HeaderMap, to: &mut HeaderMap, names: impl IntoIterator<Item = HeaderName>) {
    for name in names {
        if let Some(value) = from.get(&name) {
            to.insert(name, value.clone());
        }
    }
}
