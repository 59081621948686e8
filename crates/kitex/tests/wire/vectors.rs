//! Every captured frame is decoded, and encoded to the same bytes.

use bytes::BytesMut;
use kitex_codec::thrift;
use kitex_codec::{
    ApplicationException, Codec, DecodeError, Frame, Message, MessageKind, StreamFrame,
};

use super::exchange::{self, Exchange};
use super::fields::Fields;

/// Requests made by hand that are not even frames, and why.
const REFUSED: [(&str, DecodeError); 5] = [
    ("raw-compact", DecodeError::UnknownProtocol),
    ("raw-framed-old-protocol", DecodeError::UnknownProtocol),
    ("raw-garbage", DecodeError::UnknownProtocol),
    (
        "raw-huge-frame",
        DecodeError::FrameTooLarge {
            length: 1 << 30,
            limit: 1 << 20,
        },
    ),
    (
        "raw-ttheader-unknown-info",
        DecodeError::MalformedHeader("an info is of unknown kind"),
    ),
];
/// Frames whose message is refused, and why.
const MESSAGES_REFUSED: [(&str, DecodeError); 3] = [
    ("raw-framed-heartbeat", DecodeError::UnknownMessageKind(6)),
    ("raw-ttheader-heartbeat", DecodeError::UnknownMessageKind(6)),
    ("raw-thrift-and-name-long", DecodeError::NameTooLong(1024)),
];
/// Messages whose arguments are refused, and why.
const ARGUMENTS_REFUSED: [(&str, DecodeError); 2] = [
    ("raw-deep-nesting", DecodeError::TooDeep),
    ("raw-huge-string", DecodeError::Truncated),
];

fn expected(name: &str, table: &[(&str, DecodeError)]) -> Option<DecodeError> {
    let found = table.iter().find(|(refused, _)| *refused == name);
    found.map(|(_, error)| error.clone())
}

/// Checks all frames that `bytes` are; returns how many there are.
fn check(name: &str, bytes: &[u8]) -> usize {
    if bytes.is_empty() {
        return 0;
    }
    let frames = exchange::frames(bytes);
    if let Some(error) = expected(name, &REFUSED) {
        assert_eq!(frames.unwrap_err(), error, "{name}");
        return 0;
    }
    let (frames, left) = frames.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(left.is_empty(), "{name}: {} bytes left", left.len());
    let mut out = BytesMut::new();
    for frame in &frames {
        frame.encode(&mut out).unwrap();
        match frame.is_streaming() {
            true => check_stream(name, frame),
            false => check_message(name, frame),
        }
    }
    assert_eq!(out, bytes, "{name}");
    frames.len()
}

fn check_message(name: &str, frame: &Frame) {
    let message = Message::decode(frame.payload.clone());
    if let Some(error) = expected(name, &MESSAGES_REFUSED) {
        assert_eq!(message.unwrap_err(), error, "{name}");
        return;
    }
    let message = message.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(message.encode(), frame.payload, "{name}");
    if message.kind == MessageKind::Exception {
        let exception = ApplicationException::decode(message.codec, &message.body).unwrap();
        assert_eq!(exception.encode(message.codec), message.body, "{name}");
    }
    if message.codec == Codec::Protobuf {
        return;
    }
    let fields = thrift::decode::<Fields>(&message.body);
    let refused = expected(name, &ARGUMENTS_REFUSED);
    if message.kind == MessageKind::Call
        && let Some(error) = refused
    {
        assert_eq!(fields.unwrap_err(), error, "{name}");
        return;
    }
    let fields = fields.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(thrift::encode(&fields), message.body, "{name}");
}

fn check_stream(name: &str, frame: &Frame) {
    let streamed = StreamFrame::try_from(frame.clone()).unwrap();
    assert!(!streamed.method.is_empty(), "{name}");
    let again = StreamFrame::try_from(Frame::from(streamed.clone())).unwrap();
    assert_eq!(again.kind, streamed.kind);
    assert_eq!(again.stream, streamed.stream);
    assert_eq!(again.method, streamed.method);
    assert_eq!(again.payload, streamed.payload);
    assert!(again.infos.strings().eq(streamed.infos.strings()));
    assert!(again.infos.ints().eq(streamed.infos.ints()));
}

#[test]
fn every_captured_frame_is_decoded_and_encoded_to_the_same_bytes() {
    let mut frames = 0;
    let exchanges = exchange::all();
    for Exchange {
        name,
        sent,
        answered,
    } in &exchanges
    {
        frames += check(name, sent) + check(name, answered);
    }
    println!("{frames} frames on {} connections", exchanges.len());
    assert!(frames >= 200, "{frames}");
}

#[test]
fn frames_are_the_same_when_their_bytes_arrive_one_by_one() {
    for Exchange {
        name,
        sent,
        answered,
    } in exchange::all()
    {
        for bytes in [sent, answered] {
            let Ok((whole, _)) = exchange::frames(&bytes) else {
                continue;
            };
            let mut decoder = kitex_codec::Decoder::default();
            let mut buffer = BytesMut::new();
            let mut frames = Vec::new();
            for byte in bytes {
                buffer.extend_from_slice(&[byte]);
                frames.extend(decoder.decode(&mut buffer).unwrap());
            }
            let payloads = |frames: Vec<Frame>| -> Vec<_> {
                frames.into_iter().map(|frame| frame.payload).collect()
            };
            assert_eq!(payloads(frames), payloads(whole), "{name}");
        }
    }
}
