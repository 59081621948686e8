//! Detects the protocol of a connection from its first bytes.

/// Maximum number of bytes that [`sniff`] needs.
pub const SNIFFED_BYTES: usize = 8;

/// The beginning of the preface of HTTP/2; the rest is for its server to check.
const HTTP2: &[u8] = b"PRI * HT";
pub(crate) const THRIFT: [u8; 2] = [0x80, 0x01];
pub(crate) const PROTOBUF: [u8; 2] = [0x90, 0x01];
pub(crate) const TTHEADER: [u8; 2] = [0x10, 0x00];
/// The flag of TTHeader Streaming, in the low byte of the flags.
const STREAMING: u8 = 0x02;

/// A protocol in which the client speaks first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// HTTP/2, and with it gRPC.
    Http2,
    /// TTHeader around a message of Thrift or Kitex Protobuf.
    TtHeader,
    /// TTHeader Streaming.
    TtHeaderStreaming,
    /// A length and a Thrift message.
    Framed,
    /// A Thrift message alone, which Kitex calls `PurePayload`.
    Buffered,
    /// A length and a message of Kitex Protobuf. Stock clients put a TTHeader around it.
    FramedProtobuf,
}

/// The result of [`sniff`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sniffed {
    /// Too few bytes to decide.
    NotYet,
    /// This protocol. Whether it is well-formed is not known yet.
    Protocol(Protocol),
    /// None of the known protocols.
    Unknown,
}

/// The protocol of a connection, or of a frame on it, that begins with `prefix`. It is known
/// after [`SNIFFED_BYTES`] bytes, and for Buffered after two.
pub fn sniff(prefix: &[u8]) -> Sniffed {
    if prefix.starts_with(&THRIFT) {
        return Sniffed::Protocol(Protocol::Buffered);
    }
    let Some(first) = prefix.get(..SNIFFED_BYTES) else {
        return Sniffed::NotYet;
    };
    if first == HTTP2 {
        return Sniffed::Protocol(Protocol::Http2);
    }
    let protocol = match [first[4], first[5]] {
        THRIFT => Protocol::Framed,
        PROTOBUF => Protocol::FramedProtobuf,
        TTHEADER if first[7] & STREAMING != 0 => Protocol::TtHeaderStreaming,
        TTHEADER => Protocol::TtHeader,
        _ => return Sniffed::Unknown,
    };
    Sniffed::Protocol(protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_name_the_protocol() {
        let cases: [(&[u8], Protocol); 6] = [
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Protocol::Http2),
            (b"\0\0\0\x3c\x10\0\0\0", Protocol::TtHeader),
            (b"\0\0\0\x3c\x10\0\0\x01", Protocol::TtHeader),
            (b"\0\0\0\x3c\x10\0\0\x02", Protocol::TtHeaderStreaming),
            (b"\0\0\0\x3c\x80\x01\0\x01", Protocol::Framed),
            (b"\0\0\0\x3c\x90\x01\0\x01", Protocol::FramedProtobuf),
        ];
        for (bytes, protocol) in cases {
            assert_eq!(sniff(bytes), Sniffed::Protocol(protocol));
            for length in 0..SNIFFED_BYTES {
                assert_eq!(sniff(&bytes[..length]), Sniffed::NotYet);
            }
        }
        let buffered = Sniffed::Protocol(Protocol::Buffered);
        assert_eq!(sniff(b"\x80"), Sniffed::NotYet);
        assert_eq!(sniff(b"\x80\x01"), buffered);
        assert_eq!(sniff(b"\x80\x01\0\x01\0\0\0\x07"), buffered);
    }

    #[test]
    fn other_protocols_are_unknown() {
        for bytes in [
            b"GET / HTTP/1.1\r\n".as_slice(),
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc",
            b"PRI * HX",
            b"\x01\x01\x01\x01\x01\x01\x01\x01",
            // Compact Thrift, the binary protocol without a version, and Kitex's mesh header.
            b"\0\0\0\x12\x82\x21\x02\x01",
            b"\0\0\0\x20\0\0\0\x07",
            b"\xff\xaf\0\0\0\0\0\0",
        ] {
            assert_eq!(sniff(bytes), Sniffed::Unknown, "{bytes:x?}");
        }
    }
}
