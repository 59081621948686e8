//! The headers of a request while they are not complete. h2 holds what has come of them, decoded:
//! up to its limit for one request, however few bytes they have on the wire.

use crate::call::TooManyBytes;
use crate::server::MAX_HEADER_LIST;
use crate::server::byte_budget::HeldBytes;
use crate::server::frames::{CONTINUATION, END_HEADERS, Frame, HEADERS};

/// Headers over more than one frame, which only one request of a connection may have at a time.
#[derive(Debug)]
pub(super) struct HeaderBlock {
    held: HeldBytes,
    is_unfinished: bool,
}

impl HeaderBlock {
    /// None yet; what one holds counts in `held`.
    pub(super) fn none(held: HeldBytes) -> Self {
        Self {
            held,
            is_unfinished: false,
        }
    }

    /// Whether headers have begun and not ended.
    pub(super) fn is_unfinished(&self) -> bool {
        self.is_unfinished
    }

    /// Notes a frame of the peer.
    ///
    /// # Errors
    /// When too much is held for headers that are not complete.
    pub(super) fn note(&mut self, frame: Frame) -> Result<(), TooManyBytes> {
        if !matches!(frame.kind, HEADERS | CONTINUATION) {
            return Ok(());
        }
        self.is_unfinished = frame.flags & END_HEADERS == 0;
        self.held.resize(match self.is_unfinished {
            true => MAX_HEADER_LIST as usize,
            false => 0,
        })
    }
}
