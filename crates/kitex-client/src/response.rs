//! A frame of Kitex as the response of a gRPC call.

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use grpc_telemetry::rpc::code_name;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response};
use http_body::Frame as BodyFrame;
use http_body_util::StreamBody;
use kitex_codec::{ApplicationException, BusinessError, Frame, Message, MessageKind, keys};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::BoxError;
use crate::business::status;
use crate::request::OutgoingCall;

/// What `answer` is to `call`, and whether its connection may be used again.
///
/// # Errors
/// If it is not a response to it.
pub(crate) fn of(call: &OutgoingCall, answer: Frame) -> Result<(Response<Body>, bool), BoxError> {
    let message = Message::decode(answer.payload)?;
    let infos = answer.header.map(|header| header.infos).unwrap_or_default();
    let stays = infos.string(keys::CLOSE_SOON).is_none();
    if message.name != call.method() {
        return Err("the response is to another method".into());
    }
    let response = match (message.kind, BusinessError::of(&infos)) {
        (MessageKind::Reply, Some(error)) => status(&error).into_http(),
        (MessageKind::Reply, None) => success(&message.body),
        (MessageKind::Exception, _) => {
            exception(&ApplicationException::decode(message.codec, &message.body)?).into_http()
        }
        _ => return Err("the response is a call".into()),
    };
    Ok((response, stays))
}

fn success(message: &Bytes) -> Response<Body> {
    let mut data = BytesMut::with_capacity(5 + message.len());
    data.put_u8(0);
    // A frame is never as long.
    data.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    data.put_slice(message);
    let mut trailers = HeaderMap::new();
    trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("0"));
    let frames = [
        BodyFrame::data(data.freeze()),
        BodyFrame::trailers(trailers),
    ];
    let frames = stream::iter(frames.map(Ok::<_, Status>));
    let mut response = Response::new(Body::new(StreamBody::new(frames)));
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, grpc);
    response
}

/// `kitex-server` puts the name of the code in front.
fn exception(exception: &ApplicationException) -> Status {
    let named = exception.message.split_once(": ").and_then(|(name, text)| {
        let code = (1..=16).map(Code::from);
        let code = code.into_iter().find(|code| code_name(*code) == name)?;
        Some(Status::new(code, text))
    });
    match (exception.kind, named) {
        (ApplicationException::INTERNAL_ERROR, Some(status)) => status,
        (ApplicationException::UNKNOWN_METHOD | ApplicationException::UNKNOWN_SERVICE, _) => {
            Status::unimplemented(&exception.message)
        }
        _ => Status::internal(exception.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_an_exception_names_is_the_code_of_the_call() {
        let status = |kind, message: &str| exception(&ApplicationException::new(kind, message));
        let internal = ApplicationException::INTERNAL_ERROR;
        let named = status(internal, "UNAVAILABLE: the database is gone: try again");
        assert_eq!(named.code(), Code::Unavailable);
        assert_eq!(named.message(), "the database is gone: try again");
        for (kind, message, code) in [
            (internal, "biz error: gone", Code::Internal),
            (internal, "OK: no", Code::Internal),
            (7, "UNAVAILABLE: no", Code::Internal),
            (1, "unknown method", Code::Unimplemented),
            (20, "unknown service", Code::Unimplemented),
        ] {
            assert_eq!(status(kind, message).code(), code, "{message}");
        }
    }
}
