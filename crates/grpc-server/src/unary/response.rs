//! The one message of a response, and the status that ends it.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use prost::bytes::{BufMut, Bytes};
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::GRPC_CONTENT_TYPE;

use super::Encode;

/// The flag and the length before each message.
const PREFIX_BYTES: usize = 5;
/// OK, as a trailer.
const OK: HeaderValue = HeaderValue::from_static("0");

/// The response with `message`.
///
/// # Errors
/// When its length does not fit into the prefix.
pub(super) fn of_message(message: &impl Encode) -> Result<Response<Body>, Status> {
    let mut data = prefix(message.encoded_len())?;
    message.encode(&mut data);
    Ok(of_data(data))
}

/// The response with the message that is these `bytes`.
///
/// # Errors
/// When their number does not fit into the prefix.
pub(super) fn of_bytes(bytes: &Bytes) -> Result<Response<Body>, Status> {
    let mut data = prefix(bytes.len())?;
    data.put_slice(bytes);
    Ok(of_data(data))
}

/// The prefix of a message with so many `bytes`, and room for those.
fn prefix(bytes: usize) -> Result<Vec<u8>, Status> {
    let Ok(size) = u32::try_from(bytes) else {
        let error = format!("Cannot return body with more than 4GB of data but got {bytes} bytes");
        return Err(Status::resource_exhausted(error));
    };
    let mut data = Vec::with_capacity(PREFIX_BYTES + bytes);
    data.put_u8(0);
    data.put_u32(size);
    Ok(data)
}

/// The response with a message and its prefix.
fn of_data(data: Vec<u8>) -> Response<Body> {
    let body = Body::new(OneMessage {
        message: Some(data.into()),
        is_over: false,
    });
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
    response
}

/// The message, then the trailers with OK.
struct OneMessage {
    message: Option<Bytes>,
    is_over: bool,
}

impl HttpBody for OneMessage {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(message) = self.message.take() {
            return Poll::Ready(Some(Ok(Frame::data(message))));
        }
        if std::mem::replace(&mut self.is_over, true) {
            return Poll::Ready(None);
        }
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert(Status::GRPC_STATUS, OK);
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
