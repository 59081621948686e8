//! Where messages begin and end on the wire, by the gRPC protocol over HTTP/2.

/// Bytes before each message: a flag and the length.
const PREFIX_BYTES: usize = 5;

/// Finds the messages in data that comes in pieces, without reading them.
#[derive(Debug, Default)]
pub struct Messages {
    prefix: [u8; PREFIX_BYTES],
    prefix_bytes: u8,
    /// The length of the current message.
    size: u32,
    /// Bytes of the current message that are still to come.
    body_bytes: u32,
}

impl Messages {
    /// Calls `begins` with the size of each message whose prefix is complete.
    pub fn feed(&mut self, mut piece: &[u8], mut begins: impl FnMut(u32)) {
        while !piece.is_empty() {
            let skipped = (self.body_bytes as usize).min(piece.len());
            self.body_bytes -= skipped as u32;
            piece = &piece[skipped..];
            let taken = self.missing().min(piece.len());
            let at = usize::from(self.prefix_bytes);
            self.prefix[at..at + taken].copy_from_slice(&piece[..taken]);
            self.prefix_bytes += taken as u8;
            piece = &piece[taken..];
            if self.missing() == 0 {
                let [_, size @ ..] = self.prefix;
                self.size = u32::from_be_bytes(size);
                self.prefix_bytes = 0;
                self.body_bytes = self.size;
                begins(self.size);
            }
        }
    }

    /// Bytes of the prefix that are still to come.
    fn missing(&self) -> usize {
        PREFIX_BYTES - usize::from(self.prefix_bytes)
    }

    /// What has come of a message that is not complete, in bytes.
    pub fn partial_bytes(&self) -> usize {
        match self.body_bytes {
            0 => self.prefix_bytes.into(),
            left => PREFIX_BYTES + (self.size - left) as usize,
        }
    }

    /// Whether a message has begun and not ended.
    pub fn is_inside(&self) -> bool {
        self.prefix_bytes > 0 || self.body_bytes > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(size: u8) -> Vec<u8> {
        [vec![0, 0, 0, 0, size], vec![0xff; size.into()]].concat()
    }

    #[test]
    fn messages_are_counted_however_the_data_is_cut() {
        let data = [message(0), message(7), message(255), message(1)].concat();
        for piece_bytes in 1..data.len() {
            let mut sizes = Vec::new();
            let mut messages = Messages::default();
            for piece in data.chunks(piece_bytes) {
                messages.feed(piece, |size| sizes.push(size));
            }
            assert_eq!(sizes, [0, 7, 255, 1], "pieces of {piece_bytes}");
        }
    }

    #[test]
    fn data_that_ends_early_ends_inside_a_message() {
        let whole = message(2);
        for bytes in 0..=whole.len() {
            let mut messages = Messages::default();
            messages.feed(&whole[..bytes], |_| {});
            let at_an_end = bytes == 0 || bytes == whole.len();
            assert_eq!(messages.is_inside(), !at_an_end, "after {bytes} bytes");
            let partial = if at_an_end { 0 } else { bytes };
            assert_eq!(messages.partial_bytes(), partial, "after {bytes} bytes");
        }
    }
}
