//! A client of TTHeader Streaming that sends frames.

use bytes::{Bytes, BytesMut};
use kitex_codec::thrift::{Encode, encode};
use kitex_codec::{
    ApplicationException, BusinessError, Codec, Frame, Message, MessageKind, StreamFrame,
    StreamFrameKind, keys,
};

use crate::peer::Peer;

/// One connection.
pub(crate) struct StreamPeer(pub(crate) Peer);

/// What the client got of a stream.
#[derive(Debug)]
pub(crate) struct Responses {
    pub(crate) messages: Vec<Bytes>,
    pub(crate) trailer: StreamFrame,
}

impl Responses {
    /// The business error with which the stream ended.
    pub(crate) fn business_error(&self) -> BusinessError {
        assert!(self.trailer.payload.is_empty());
        BusinessError::of(&self.trailer.infos).unwrap()
    }

    /// The exception with which the stream ended.
    pub(crate) fn exception(&self) -> ApplicationException {
        let message = Message::decode(self.trailer.payload.clone()).unwrap();
        assert_eq!(message.kind, MessageKind::Exception);
        assert_eq!(message.sequence, self.trailer.stream);
        ApplicationException::decode(Codec::Thrift, &message.body).unwrap()
    }
}

/// The header of a stream.
pub(crate) fn header(stream: i32, method: &str) -> StreamFrame {
    let mut header = StreamFrame::new(StreamFrameKind::Header, stream, method, Bytes::new());
    header.infos.set_string(keys::IDL_SERVICE, "UserService");
    header
}

fn bytes(frame: StreamFrame) -> BytesMut {
    let mut bytes = BytesMut::new();
    Frame::from(frame).encode(&mut bytes).unwrap();
    bytes
}

/// The bytes of a message.
pub(crate) fn message(stream: i32, message: &impl Encode) -> BytesMut {
    let data = StreamFrameKind::Data;
    bytes(StreamFrame::new(data, stream, "", encode(message)))
}

/// The bytes of a stream that has these requests.
pub(crate) fn call(header: StreamFrame, requests: &[impl Encode]) -> BytesMut {
    let stream = header.stream;
    let mut all = bytes(header);
    for request in requests {
        all.extend(message(stream, request));
    }
    let end = StreamFrame::new(StreamFrameKind::Trailer, stream, "", Bytes::new());
    all.extend(bytes(end));
    all
}

impl StreamPeer {
    pub(crate) async fn connect(url: &str) -> Self {
        Self(Peer::connect(url).await)
    }

    pub(crate) async fn send(&mut self, frame: StreamFrame) {
        self.0.send(&bytes(frame)).await;
    }

    pub(crate) async fn message(&mut self, stream: i32, request: &impl Encode) {
        self.0.send(&message(stream, request)).await;
    }

    /// Ends the requests.
    pub(crate) async fn close(&mut self, stream: i32) {
        let frame = StreamFrame::new(StreamFrameKind::Trailer, stream, "", Bytes::new());
        self.send(frame).await;
    }

    /// Begins a stream that has these requests.
    pub(crate) async fn call(&mut self, header: StreamFrame, requests: &[impl Encode]) {
        self.0.send(&call(header, requests)).await;
    }

    pub(crate) async fn next(&mut self) -> StreamFrame {
        StreamFrame::try_from(self.0.next().await.unwrap()).unwrap()
    }

    /// All that comes of the only stream.
    pub(crate) async fn responses(&mut self) -> Responses {
        let header = self.next().await;
        assert_eq!(header.kind, StreamFrameKind::Header);
        let mut messages = Vec::new();
        loop {
            let frame = self.next().await;
            assert_eq!(frame.stream, header.stream);
            assert_eq!(frame.method, header.method);
            match frame.kind {
                StreamFrameKind::Data => messages.push(frame.payload),
                _ => {
                    assert_eq!(frame.kind, StreamFrameKind::Trailer);
                    let trailer = frame;
                    return Responses { messages, trailer };
                }
            }
        }
    }
}
