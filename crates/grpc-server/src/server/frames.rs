//! The frames of HTTP/2 in one direction, found in bytes that come in pieces.
//! Nothing is checked here, which h2 does; this only tells where frames begin.

const PREFACE_BYTES: usize = 24;
const HEAD_BYTES: usize = 9;

/// The kinds of frames that are distinguished, by their numbers in RFC 9113.
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const CONTINUATION: u8 = 9;
/// The flag of a SETTINGS or PING frame that acknowledges another.
pub(super) const ACK: u8 = 1;
/// The flag of the last frame of a stream.
pub(super) const END_STREAM: u8 = 1;
/// The flag of the last frame with headers of a request.
pub(super) const END_HEADERS: u8 = 4;

/// The beginning of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u8,
    /// Zero for a frame of the connection.
    pub(super) stream: u32,
    /// The length of what follows the head.
    pub(super) bytes: usize,
}

/// Follows one direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Frames {
    head: [u8; HEAD_BYTES],
    head_bytes: usize,
    /// Bytes of the preface or of the current frame that are still to come.
    rest_bytes: usize,
}

impl Frames {
    /// What a client sends: a preface, then frames.
    pub(super) fn of_client() -> Self {
        Self {
            rest_bytes: PREFACE_BYTES,
            ..Self::default()
        }
    }

    /// What a server sends.
    pub(super) fn of_server() -> Self {
        Self::default()
    }

    /// Whether the last frame is complete and the next one has not begun.
    pub(super) fn between_two(&self) -> bool {
        self.head_bytes == 0 && self.rest_bytes == 0
    }

    /// Calls `begins` with each frame whose head is complete with `piece`.
    pub(super) fn feed(&mut self, mut piece: &[u8], mut begins: impl FnMut(Frame)) {
        while !piece.is_empty() {
            let skipped = self.rest_bytes.min(piece.len());
            self.rest_bytes -= skipped;
            piece = &piece[skipped..];
            let taken = (HEAD_BYTES - self.head_bytes).min(piece.len());
            self.head[self.head_bytes..][..taken].copy_from_slice(&piece[..taken]);
            self.head_bytes += taken;
            piece = &piece[taken..];
            if self.head_bytes == HEAD_BYTES {
                let [high, middle, low, kind, flags, stream @ ..] = self.head;
                self.rest_bytes = u32::from_be_bytes([0, high, middle, low]) as usize;
                self.head_bytes = 0;
                begins(Frame {
                    kind,
                    flags,
                    // The first bit is reserved.
                    stream: u32::from_be_bytes(stream) & (u32::MAX >> 1),
                    bytes: self.rest_bytes,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_however_the_bytes_are_cut() {
        let preface: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        let settings = [0, 0, 0, SETTINGS, ACK, 0, 0, 0, 0];
        let data = [&[0, 1, 4, DATA, 0, 0, 0, 0, 1][..], &[7; 260]].concat();
        let all = [preface, &settings, &data, &settings].concat();
        for piece_bytes in 1..=all.len() {
            let mut found = Vec::new();
            let mut frames = Frames::of_client();
            for piece in all.chunks(piece_bytes) {
                frames.feed(piece, |frame| found.push((frame.kind, frame.stream)));
            }
            assert_eq!(
                found,
                [(SETTINGS, 0), (DATA, 1), (SETTINGS, 0)],
                "{piece_bytes}"
            );
            assert!(frames.between_two());
        }
    }
}
