//! The response of a gRPC call as one message, or the status with which it failed.

use std::future::poll_fn;
use std::pin::pin;

use bytes::{Buf, Bytes};
use grpc_server::BoxError;
use grpc_telemetry::rpc::code_of;
use http::{HeaderMap, Response};
use http_body::Body;
use tonic::{Code, Status};

/// Maximum length of a response, in bytes: that of a frame.
const MAX_BYTES: usize = 1024 * 1024;

/// What came of a call.
pub(crate) type Outcome = Result<Bytes, Status>;

/// The message of `response`.
///
/// # Errors
/// The status of a call that failed; INTERNAL for a response that is not one message.
pub(crate) async fn outcome<B>(response: Result<Response<B>, BoxError>) -> Outcome
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let (head, body) = response.map_err(Status::from_error)?.into_parts();
    ok(&head.headers)?;
    let mut data = Bytes::new();
    let mut body = pin!(body);
    while let Some(frame) = poll_fn(|task| body.as_mut().poll_frame(task)).await {
        let frame = frame.map_err(|error| Status::from_error(error.into()))?;
        match frame.into_data() {
            Ok(piece) if data.len() + piece.len() > MAX_BYTES => return Err(too_large()),
            Ok(piece) => data = joined(data, piece),
            Err(frame) => frame.trailers_ref().map_or(Ok(()), ok)?,
        }
    }
    message(data)
}

fn joined(data: Bytes, piece: Bytes) -> Bytes {
    // Most come in one piece.
    match data.is_empty() {
        true => piece,
        false => [data, piece].concat().into(),
    }
}

/// # Errors
/// The status among `headers`, unless there is none, or it is OK.
fn ok(headers: &HeaderMap) -> Result<(), Status> {
    match code_of(headers) {
        None | Some(Code::Ok) => Ok(()),
        Some(code) => {
            Err(Status::from_header_map(headers).unwrap_or_else(|| Status::new(code, "")))
        }
    }
}

fn too_large() -> Status {
    Status::resource_exhausted("the response is longer than a frame may be")
}

/// The one message that `data` is, without its prefix.
fn message(mut data: Bytes) -> Outcome {
    let malformed = || Status::internal("the response is not one message");
    let compressed = data.try_get_u8().map_err(|_| malformed())?;
    let length = data.try_get_u32().map_err(|_| malformed())?;
    match compressed == 0 && u32::try_from(data.len()) == Ok(length) {
        true => Ok(data),
        false => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_one_message() {
        let message_of = |data: &'static [u8]| message(Bytes::from_static(data));
        assert_eq!(message_of(b"\0\0\0\0\x01a").unwrap(), "a");
        assert_eq!(message_of(b"\0\0\0\0\0").unwrap(), "");
        for data in [
            b"".as_slice(),
            b"\0\0\0",
            b"\x01\0\0\0\x01a",
            b"\0\0\0\0\x02a",
            b"\0\0\0\0\x01a\0\0\0\0\x01b",
        ] {
            assert_eq!(message_of(data).unwrap_err().code(), Code::Internal);
        }
    }
}
