//! The kind of a frame of a stream.

use crate::error::DecodeError;

/// The kind of a frame of a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StreamFrameKind {
    /// Facts of the connection.
    Meta,
    /// The beginning of a stream, in each direction.
    Header,
    /// One struct.
    Data,
    /// The end of one direction. From a server with an empty payload if the call succeeded, with
    /// a business error in the infos, or else with an exception message.
    Trailer,
    /// The end of the stream before its time.
    Reset,
}

impl StreamFrameKind {
    pub(super) fn parse(info: Option<&str>) -> Result<Self, DecodeError> {
        Ok(match info {
            Some("1") => Self::Meta,
            Some("2") => Self::Header,
            Some("3") => Self::Data,
            Some("4") => Self::Trailer,
            Some("5") => Self::Reset,
            _ => return Err(DecodeError::NotAStreamFrame),
        })
    }

    pub(super) fn info(self) -> &'static str {
        match self {
            Self::Meta => "1",
            Self::Header => "2",
            Self::Data => "3",
            Self::Trailer => "4",
            Self::Reset => "5",
        }
    }
}
