//! A client that sends bytes.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kitex_codec::{Codec, Decoder, Frame, Header, Message, MessageKind, keys};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(20);

/// One connection.
pub(crate) struct Peer {
    stream: TcpStream,
    received: BytesMut,
    decoder: Decoder,
}

impl Peer {
    /// A connection to the service at this URL.
    pub(crate) async fn connect(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap();
        Self {
            stream: TcpStream::connect(address).await.unwrap(),
            received: BytesMut::new(),
            decoder: Decoder::default(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The same to a service that may have closed the connection.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Sends `bytes` again and again, until the service closes the connection.
    pub(crate) async fn send_until_closed(&mut self, bytes: &[u8]) {
        let sending = async { while self.stream.write_all(bytes).await.is_ok() {} };
        timeout(LIMIT, sending).await.unwrap();
    }

    /// The next frame; none if the service closes the connection.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.decoder.decode(&mut self.received).unwrap() {
                return Some(frame);
            }
            let read = self.stream.read_buf(&mut self.received);
            match timeout(LIMIT, read).await.unwrap() {
                // What it didn't read resets the connection.
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The response to a call.
    pub(crate) async fn answer(&mut self) -> (Frame, Message) {
        let frame = self.next().await.unwrap();
        let message = Message::decode(frame.payload.clone()).unwrap();
        (frame, message)
    }

    pub(crate) async fn assert_closed(&mut self) {
        assert!(self.next().await.is_none(), "it closes the connection");
    }
}

/// All frames of `bytes`.
pub(crate) fn frames(bytes: &[u8]) -> Vec<Frame> {
    let mut decoder = Decoder::default();
    let mut left = BytesMut::from(bytes);
    std::iter::from_fn(|| decoder.decode(&mut left).unwrap()).collect()
}

/// A call of Thrift over TTHeader and Framed, as a client with Kitex's handler for infos sends it.
pub(crate) struct Call {
    pub(crate) header: Header,
    pub(crate) message: Message,
}

impl Call {
    /// A call of `method` with the arguments `body`.
    pub(crate) fn new(method: &str, body: Bytes) -> Self {
        let mut header = Header {
            sequence: 1,
            ..Header::default()
        };
        header.infos.set_string(keys::IDL_SERVICE, "UserService");
        Self {
            header,
            message: Message {
                codec: Codec::Thrift,
                kind: MessageKind::Call,
                name: method.to_owned(),
                sequence: 1,
                body,
            },
        }
    }

    pub(crate) fn bytes(&self) -> BytesMut {
        let frame = Frame {
            header: Some(self.header.clone()),
            framed: true,
            payload: self.message.encode(),
        };
        let mut bytes = BytesMut::new();
        frame.encode(&mut bytes).unwrap();
        bytes
    }
}
