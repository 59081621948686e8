//! What an attacker sends: lengths that lie, depth, header bombs, single bytes.

use std::fs;
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use kitex_codec::thrift::{self, MAX_DEPTH};
use kitex_codec::{
    Codec, DecodeError, Decoder, Frame, FrameLimits, Header, Infos, Message, MessageKind,
};

use super::everything::{Everything, Nothing};

const MIB: usize = 1024 * 1024;

/// The head of a Thrift call.
const CALL: &[u8] = b"\x80\x01\0\x01\0\0\0\x04Ping\0\0\0\x01";

fn error(bytes: &[u8]) -> DecodeError {
    Decoder::default()
        .decode(&mut BytesMut::from(bytes))
        .unwrap_err()
}

/// The most memory that this process ever addressed, in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmPeak:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}

#[test]
fn an_announced_gibibyte_is_refused_before_it_arrives_and_takes_no_memory() {
    let before = peak();
    for protocol in [
        &b"\x80\x01\0\x01"[..],
        b"\x90\x01\0\x01",
        b"\x10\0\0\0",
        b"\x10\0\0\x02",
    ] {
        let bytes = [&b"\x40\0\0\0"[..], protocol].concat();
        let (length, limit) = (1024 * MIB, MIB);
        assert_eq!(error(&bytes), DecodeError::FrameTooLarge { length, limit });
    }
    // Inside of a message without a length, and of one that has arrived.
    let string = [CALL, b"\x0b\0\x01\x40\0\0\0A"].concat();
    assert!(matches!(error(&string), DecodeError::FrameTooLarge { .. }));
    let lies = [
        (&b"\x0b\0\x07\x7f\xff\xff\xffA"[..], DecodeError::Truncated),
        (b"\x0b\0\x07\xff\xff\xff\xffA", DecodeError::NegativeLength),
        (
            b"\x0f\0\x09\x0a\x7f\xff\xff\xff",
            DecodeError::ContainerTooLong,
        ),
        (
            b"\x0f\0\x0c\x0c\x7f\xff\xff\xff",
            DecodeError::ContainerTooLong,
        ),
        (b"\x0e\0\x0a\x0b\x40\0\0\0", DecodeError::ContainerTooLong),
        (
            b"\x0d\0\x0b\x0b\x08\x40\0\0\0",
            DecodeError::ContainerTooLong,
        ),
        (
            b"\x0d\0\x0b\x0b\x08\xff\xff\xff\xff",
            DecodeError::NegativeLength,
        ),
        (b"\x0f\0\x09\x01\0\0\0\x01", DecodeError::UnexpectedType(1)),
    ];
    for (bytes, expected) in lies {
        assert_eq!(thrift::decode::<Everything>(bytes).unwrap_err(), expected);
        assert_eq!(
            thrift::decode::<Nothing>(bytes).err(),
            Some(expected),
            "skipped"
        );
    }
    assert!(peak() - before < 512 * MIB);
}

#[test]
fn the_decoder_reserves_no_memory_in_the_buffer() {
    let mut buffer = BytesMut::with_capacity(64);
    buffer.put_slice(b"\0\x0f\xff\xff\x80\x01\0\x01");
    for _ in 0..3 {
        let decoded = Decoder::default().decode(&mut buffer);
        assert!(decoded.unwrap().is_none());
        assert_eq!(buffer.capacity(), 64);
    }
}

/// `levels` structs in one another, each in the field 9 of the other.
fn nested(levels: usize) -> Vec<u8> {
    let mut bytes = b"\x0c\0\x09".repeat(levels - 1);
    bytes.resize(bytes.len() + levels, 0);
    bytes
}

#[test]
fn values_are_nested_16_deep_and_no_deeper() {
    assert!(thrift::decode::<Nothing>(&nested(MAX_DEPTH)).is_ok());
    for levels in [MAX_DEPTH + 1, 2_000, 100_000] {
        let skipped = thrift::decode::<Nothing>(&nested(levels));
        assert_eq!(skipped.err(), Some(DecodeError::TooDeep), "{levels}");
    }
    // Lists of lists, maps of maps, and structs that are read instead of skipped.
    let lists = [&b"\x0f\0\x63"[..], &b"\x0f\0\0\0\x01".repeat(2_000)].concat();
    let maps = [&b"\x0d\0\x63"[..], &b"\x02\x0d\0\0\0\x01\x01".repeat(2_000)].concat();
    let structs = b"\x0f\0\x0c\x0c\0\0\0\x01".repeat(2_000);
    for bytes in [lists, maps, structs] {
        let read = thrift::decode::<Everything>(&bytes);
        assert_eq!(read, Err(DecodeError::TooDeep));
    }
}

#[test]
fn a_buffered_message_may_be_as_deep_as_others() {
    for (levels, expected) in [
        (MAX_DEPTH, None),
        (MAX_DEPTH + 1, Some(DecodeError::TooDeep)),
    ] {
        let bytes = [CALL, &nested(levels)].concat();
        let decoded = Decoder::default().decode(&mut BytesMut::from(&bytes[..]));
        assert_eq!(decoded.err(), expected);
    }
}

fn with_header(infos: &[u8], words: u16) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    bytes.put_u32(u32::try_from(10 + infos.len()).unwrap());
    bytes.put_slice(b"\x10\0\0\0\0\0\0\x01");
    bytes.put_u16(words);
    bytes.put_slice(infos);
    bytes.to_vec()
}

#[test]
fn headers_that_lie_are_refused() {
    let malformed = |bytes: &[u8]| matches!(error(bytes), DecodeError::MalformedHeader(_));
    // Longer than the frame, no room for the protocol id, transforms, and infos beyond the header.
    assert!(malformed(&with_header(b"\0\0\0\0", 2)));
    assert_eq!(error(&with_header(b"", 0)), DecodeError::Truncated);
    assert!(malformed(&with_header(b"\0\x01\x01\0", 1)));
    assert!(malformed(&with_header(b"\0\0\x01\0\x01\xff\xffk", 2)));
    assert!(malformed(&with_header(b"\0\0\x11\xff\xff\0\0\0", 2)));
    assert!(malformed(&with_header(b"\0\0\x22\x01", 1)));
    // Frames that end before what they begin with.
    assert_eq!(error(b"\0\0\0\x03\x80\x01\0\x01"), DecodeError::Truncated);
    assert!(malformed(b"\0\0\0\x05\x10\0\0\0\0\0\0\0\0\x01"));
}

#[test]
fn a_header_has_16_kib_and_256_infos_at_most() {
    let bomb = with_header(&vec![0; 16 * 1024 + 4], 16 * 1024 / 4 + 1);
    let (length, limit) = (16 * 1024 + 4, 16 * 1024);
    let too_large = DecodeError::HeaderTooLarge { length, limit };
    assert_eq!(error(&bomb), too_large);
    // As soon as it is announced.
    assert_eq!(error(&bomb[..14]), too_large);
    // 4,000 empty pairs.
    let mut infos = vec![0, 0, 1, 0x0f, 0xa0];
    infos.resize(16 * 1024, 0);
    let bomb = with_header(&infos, 16 * 1024 / 4);
    assert_eq!(error(&bomb), DecodeError::TooManyInfos(256));
    // The same, a few at a time.
    let mut infos = vec![0, 0];
    for _ in 0..60 {
        infos.extend(b"\x10\0\x05");
        infos.extend([0; 20]);
    }
    infos.resize(infos.len().next_multiple_of(4), 0);
    let words = u16::try_from(infos.len() / 4).unwrap();
    assert_eq!(
        error(&with_header(&infos, words)),
        DecodeError::TooManyInfos(256)
    );
}

#[test]
fn a_length_inside_of_a_header_is_that_of_what_follows() {
    let frame = |inner: u8| {
        let mut bytes = with_header(b"\0\0\0\0", 1);
        bytes.extend([0, 0, 0, inner]);
        bytes.extend(CALL);
        bytes.push(0);
        bytes[3] += 21;
        bytes
    };
    assert!(
        Decoder::default()
            .decode(&mut BytesMut::from(&frame(17)[..]))
            .is_ok()
    );
    assert_eq!(error(&frame(16)), DecodeError::TrailingBytes(1));
    assert_eq!(error(&frame(18)), DecodeError::Truncated);
}

#[test]
fn limits_are_settings() {
    let limits = FrameLimits {
        frame: 16,
        ..FrameLimits::default()
    };
    let mut buffer = BytesMut::from(&b"\0\0\0\x11\x80\x01\0\x01"[..]);
    let refused = Decoder::new(limits).decode(&mut buffer).unwrap_err();
    let (length, limit) = (17, 16);
    assert_eq!(refused, DecodeError::FrameTooLarge { length, limit });
    let mut buffered = BytesMut::from(&[CALL, b"\0"].concat()[..]);
    let refused = Decoder::new(limits).decode(&mut buffered).unwrap_err();
    assert_eq!(refused, DecodeError::FrameTooLarge { length, limit });
}

/// A mebibyte of small fields in a message without a length, whose end is looked for at each byte.
#[test]
fn single_bytes_cost_no_more_than_many() {
    let mut message = CALL.to_vec();
    while message.len() < MIB - 8 {
        message.extend(b"\x02\0\x01\x01");
    }
    message.push(0);
    let (mut decoder, mut buffer) = (Decoder::default(), BytesMut::new());
    let started = Instant::now();
    let mut frames = 0;
    for byte in &message {
        buffer.put_u8(*byte);
        frames += usize::from(decoder.decode(&mut buffer).unwrap().is_some());
    }
    assert_eq!(frames, 1);
    // Some 0.1 s; from the start at each byte it would be hours.
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn strings_that_are_not_utf_8_are_refused() {
    let bytes = b"\x0b\0\x07\0\0\0\x01\xff\0";
    let read = thrift::decode::<Everything>(bytes);
    assert_eq!(read, Err(DecodeError::NotUtf8));
    // Not read as text.
    assert!(thrift::decode::<Nothing>(bytes).is_ok());
    let name = b"\x80\x01\0\x01\0\0\0\x01\xff\0\0\0\x01\0";
    let message = Message::decode(Bytes::from_static(name));
    assert_eq!(message.unwrap_err(), DecodeError::NotUtf8);
}

#[test]
fn what_is_too_long_is_not_encoded_and_leaves_no_trace() {
    let frame = |infos: Infos| Frame {
        header: Some(Header {
            infos,
            ..Header::default()
        }),
        framed: true,
        payload: Bytes::new(),
    };
    let mut long = Infos::default();
    long.set_string("key", vec![0; 65_536]);
    let mut many = Infos::default();
    for key in 0..5 {
        many.set_int(key, vec![0; 65_535]);
    }
    for infos in [long, many] {
        let mut out = BytesMut::from("before");
        assert!(frame(infos).encode(&mut out).is_err());
        assert_eq!(out, "before");
    }
}

#[test]
fn debug_shows_nothing_of_what_a_caller_sent() {
    let message = Message {
        codec: Codec::Thrift,
        kind: MessageKind::Call,
        name: "ada@example.com".to_owned(),
        sequence: 1,
        body: Bytes::from("ada@example.com"),
    };
    let mut infos = Infos::default();
    infos.set_string("ada@example.com", "ada@example.com");
    let frame = Frame {
        header: Some(Header {
            infos,
            ..Header::default()
        }),
        framed: true,
        payload: message.encode(),
    };
    let shown = format!("{message:?} {frame:?}");
    assert!(!shown.contains("ada"), "{shown}");
}
