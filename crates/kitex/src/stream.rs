//! TTHeader Streaming: streams of structs that share a connection.

mod kind;

use std::fmt::{Debug, Formatter};

use bytes::Bytes;

pub use self::kind::StreamFrameKind;

use crate::error::DecodeError;
use crate::frame::Frame;
use crate::ttheader::{Header, Infos, flags, keys, protocol_id};

/// A frame of a stream.
#[derive(Clone)]
pub struct StreamFrame {
    /// The kind of the frame.
    pub kind: StreamFrameKind,
    /// The number of the stream on its connection.
    pub stream: i32,
    /// The method; empty where none is named.
    pub method: String,
    /// All infos but kind and method.
    pub infos: Infos,
    /// [`protocol_id::THRIFT_STRUCT`] or [`protocol_id::PROTOBUF_STRUCT`].
    pub protocol_id: u8,
    /// A struct, or in trailers and resets an exception message ([`crate::Message`]).
    pub payload: Bytes,
}

impl StreamFrame {
    /// A frame of a stream of Thrift structs, without infos.
    pub fn new(kind: StreamFrameKind, stream: i32, method: &str, payload: Bytes) -> Self {
        Self {
            kind,
            stream,
            method: method.to_owned(),
            infos: Infos::default(),
            protocol_id: protocol_id::THRIFT_STRUCT,
            payload,
        }
    }

    /// The services through which a cancellation came, the first to cancel first; only resets
    /// have any.
    pub fn cancel_path(&self) -> impl Iterator<Item = &str> {
        let path = self.infos.string(keys::CANCEL_PATH).unwrap_or_default();
        path.split(',').filter(|service| !service.is_empty())
    }
}

impl TryFrom<Frame> for StreamFrame {
    type Error = DecodeError;

    /// # Errors
    /// If the frame has no header with the flag of streams, or is of unknown kind.
    fn try_from(frame: Frame) -> Result<Self, DecodeError> {
        let header = frame.header.filter(Header::is_streaming);
        let mut header = header.ok_or(DecodeError::NotAStreamFrame)?;
        let kind = StreamFrameKind::parse(header.infos.int(keys::FRAME_KIND))?;
        let method = header.infos.int(keys::TO_METHOD);
        let method = method.unwrap_or_default().to_owned();
        header.infos.remove_int(keys::FRAME_KIND);
        header.infos.remove_int(keys::TO_METHOD);
        Ok(Self {
            kind,
            stream: header.sequence,
            method,
            infos: header.infos,
            protocol_id: header.protocol_id,
            payload: frame.payload,
        })
    }
}

impl From<StreamFrame> for Frame {
    fn from(frame: StreamFrame) -> Self {
        let mut infos = frame.infos;
        infos.set_int(keys::FRAME_KIND, frame.kind.info());
        if !frame.method.is_empty() {
            infos.set_int(keys::TO_METHOD, frame.method);
        }
        Self {
            header: Some(Header {
                flags: flags::STREAMING,
                sequence: frame.stream,
                protocol_id: frame.protocol_id,
                infos,
            }),
            framed: false,
            payload: frame.payload,
        }
    }
}

/// The payload may have personal data.
impl Debug for StreamFrame {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StreamFrame")
            .field("kind", &self.kind)
            .field("stream", &self.stream)
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .finish_non_exhaustive()
    }
}
