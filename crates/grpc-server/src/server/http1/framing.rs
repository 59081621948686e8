//! Follows the requests on a connection of HTTP/1.1, and refuses those whose end two readers may
//! see in two places (request smuggling): hyper takes some of them, as RFC 9112 lets it.

mod head;
#[cfg(test)]
mod tests;

use self::head::Head;
use super::MAX_HEAD;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// The status and its reason phrase.
    status: &'static str,
    /// A sentence for the caller.
    pub(super) reason: &'static str,
}

impl Refused {
    const fn too_large(reason: &'static str) -> Self {
        Self {
            status: "431 Request Header Fields Too Large",
            reason,
        }
    }

    const fn bad(reason: &'static str) -> Self {
        Self {
            status: "400 Bad Request",
            reason,
        }
    }

    /// The response to it, which is the last one of the connection: `google.rpc.Status` as JSON.
    pub(super) fn response(&self) -> String {
        let Self { status, reason } = self;
        let code = status.split(' ').next().unwrap_or_default();
        let body = format!(
            "{{\"error\":{{\"code\":{code},\"message\":\"{reason}\",\"status\":\"INVALID_ARGUMENT\"}}}}\n"
        );
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        )
    }
}

/// The position of a connection in its requests.
#[derive(Debug, Default)]
pub(super) struct Framing {
    position: Position,
    head: Head,
    /// The beginning of a line.
    line: Vec<u8>,
    /// The bytes of the head, or of the trailers, so far.
    bytes: usize,
}

#[derive(Clone, Copy, Debug, Default)]
enum Position {
    #[default]
    Head,
    /// In a body, or in a chunk with the end of its line, with this many bytes left.
    Body(u64),
    ChunkSize,
    Chunk(u64),
    Trailers,
}

impl Framing {
    /// Follows `bytes`, the next ones of the connection.
    ///
    /// # Errors
    /// When a request is ambiguous or too large. Nothing may be read after that.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Refused> {
        while !bytes.is_empty() {
            bytes = match self.position {
                Position::Body(left) => self.skip(bytes, left, Position::Body, Position::Head),
                Position::Chunk(left) => {
                    self.skip(bytes, left, Position::Chunk, Position::ChunkSize)
                }
                Position::Head | Position::ChunkSize | Position::Trailers => {
                    self.feed_line(bytes)?
                }
            };
        }
        Ok(())
    }

    /// Skips what `bytes` have of `left`; returns what follows.
    fn skip<'a>(
        &mut self,
        bytes: &'a [u8],
        left: u64,
        same: fn(u64) -> Position,
        next: Position,
    ) -> &'a [u8] {
        let fitting = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let left = left - fitting as u64;
        self.position = match left {
            0 => next,
            left => same(left),
        };
        &bytes[fitting..]
    }

    /// Takes a line, or the beginning of one; returns what follows.
    fn feed_line<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Refused> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (part, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
        self.bytes += part.len();
        if self.bytes > MAX_HEAD {
            let reason = "the request line and the headers are too large";
            return Err(Refused::too_large(reason));
        }
        self.line.extend_from_slice(part);
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            self.complete(&line)?;
            self.line = line;
            self.line.clear();
        }
        Ok(rest)
    }

    /// Takes a whole line.
    fn complete(&mut self, line: &[u8]) -> Result<(), Refused> {
        let Some(line) = line.strip_suffix(b"\r\n") else {
            return Err(Refused::bad("a line does not end in CR and LF"));
        };
        if line.iter().any(|it| it.is_ascii_control() && *it != b'\t') {
            return Err(Refused::bad("a line has a control character in it"));
        }
        match self.position {
            Position::ChunkSize => self.position = self.chunk(line)?,
            Position::Trailers if line.is_empty() => self.begin_request(),
            Position::Trailers => {}
            _ if !line.is_empty() => self.head.add(line)?,
            // Empty lines before a request are ignored.
            _ if self.head.is_empty() => {}
            _ => self.position = self.after_head()?,
        }
        Ok(())
    }

    fn after_head(&mut self) -> Result<Position, Refused> {
        let head = std::mem::take(&mut self.head);
        self.bytes = 0;
        head.check()?;
        Ok(match (head.is_chunked(), head.length()) {
            (true, _) => Position::ChunkSize,
            (false, 0) => Position::Head,
            (false, length) => Position::Body(length),
        })
    }

    fn begin_request(&mut self) {
        self.bytes = 0;
        self.position = Position::Head;
    }

    /// The position after the line with the size of a chunk.
    fn chunk(&mut self, line: &[u8]) -> Result<Position, Refused> {
        const INVALID: Refused = Refused::bad("the size of a chunk is not valid");
        self.bytes = 0;
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let digits = str::from_utf8(digits).map_err(|_| INVALID)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(INVALID);
        }
        match u64::from_str_radix(digits, 16) {
            Ok(0) => Ok(Position::Trailers),
            // With the end of the line after it.
            Ok(size) => size.checked_add(2).map(Position::Chunk).ok_or(INVALID),
            Err(_) => Err(INVALID),
        }
    }
}
