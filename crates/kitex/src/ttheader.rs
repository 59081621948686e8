//! The header of TTHeader: flags, a sequence number, and infos (key-value pairs).

mod decode;
mod encode;
mod infos;
pub mod keys;

use std::time::Duration;

pub use self::infos::Infos;

pub(crate) use self::decode::words;

/// The flags that are known; all others are kept and mean nothing here.
pub mod flags {
    /// Calls are multiplexed: responses may come in any order.
    pub const MULTIPLEXED: u16 = 0x01;
    /// The frame belongs to a stream.
    pub const STREAMING: u16 = 0x02;
}

/// What kind of payload a header announces. Kitex writes [`protocol_id::THRIFT_BINARY`] for
/// Kitex Protobuf too, so the codec of a message is detected from its own first bytes.
pub mod protocol_id {
    /// A message.
    pub const THRIFT_BINARY: u8 = 0;
    /// A Thrift struct, in a stream.
    pub const THRIFT_STRUCT: u8 = 0x10;
    /// A protobuf message without more, in a stream.
    pub const PROTOBUF_STRUCT: u8 = 0x11;
}

/// The header of a frame.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// [`flags`].
    pub flags: u16,
    /// The number of the call on its connection, or of the stream.
    pub sequence: i32,
    /// [`protocol_id`].
    pub protocol_id: u8,
    /// The key-value pairs.
    pub infos: Infos,
}

impl Header {
    /// The header of a response: the same sequence number, no flags, no infos.
    pub fn response(&self) -> Self {
        Self {
            sequence: self.sequence,
            protocol_id: self.protocol_id,
            ..Self::default()
        }
    }

    /// Whether the client sends further calls before it has the response to this one.
    pub fn is_multiplexed(&self) -> bool {
        self.flags & flags::MULTIPLEXED != 0
    }

    /// Whether the frame belongs to a stream.
    pub fn is_streaming(&self) -> bool {
        self.flags & flags::STREAMING != 0
    }

    /// The timeout of the call, if the client sent one.
    pub fn timeout(&self) -> Option<Duration> {
        self.infos.timeout()
    }
}
