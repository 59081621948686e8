//! The last frame of a stream.

use bytes::Bytes;
use kitex_codec::{
    ApplicationException, Codec, Message, MessageKind, StreamFrame, StreamFrameKind,
};
use tonic::Status;

use crate::failure::{self, Named};
use crate::service::KitexService;

/// The trailer of a call that ended with `end`: mistakes of the caller are business errors, any
/// other failure is an exception.
pub(super) fn trailer(
    service: &KitexService,
    stream: i32,
    named: Named<'_>,
    end: Result<(), Status>,
) -> StreamFrame {
    let empty = StreamFrame::new(StreamFrameKind::Trailer, stream, named.method, Bytes::new());
    let Err(status) = end else {
        return empty;
    };
    if let Some(error) = failure::business_error(&status) {
        let mut trailer = empty;
        error.add_to(&mut trailer.infos);
        return trailer;
    }
    let exception = failure::exception(service, named, &status);
    StreamFrame {
        payload: message(stream, named.method, &exception),
        ..empty
    }
}

fn message(stream: i32, method: &str, exception: &ApplicationException) -> Bytes {
    let message = Message {
        codec: Codec::Thrift,
        kind: MessageKind::Exception,
        name: method.to_owned(),
        sequence: stream,
        body: exception.encode(Codec::Thrift),
    };
    message.encode()
}
