//! Frames that are changed at random: an error or something else, never a panic.

use bytes::BytesMut;
use kitex_codec::thrift::{self, decode_arguments, decode_result};
use kitex_codec::{
    ApplicationException, BusinessError, Codec, Decoder, Frame, Message, StreamFrame,
};
use rand::RngExt;
use rand::rngs::StdRng;

use super::everything::{Everything, Nothing, rounds, seeded};
use super::fields::Fields;
use super::user::{GetUserRequest, GetUserResponse};
use super::{everything, exchange};

/// Values at which lengths, counts and kinds go wrong.
const EDGES: [u8; 12] = [0, 1, 2, 3, 6, 11, 12, 13, 14, 15, 0x7f, 0xff];

/// What is mutated: all captured frames, and a call with every type.
fn originals(random: &mut StdRng) -> Vec<Vec<u8>> {
    let mut originals = Vec::new();
    for exchange in exchange::all() {
        originals.extend([exchange.sent, exchange.answered]);
    }
    originals.retain(|bytes| !bytes.is_empty());
    for framed in [true, false] {
        for _ in 0..20 {
            let message = Message {
                codec: Codec::Thrift,
                kind: kitex_codec::MessageKind::Call,
                name: "Everything".to_owned(),
                sequence: 1,
                body: thrift::encode(&Everything::random(random, 2)),
            };
            let frame = Frame {
                header: None,
                framed,
                payload: message.encode(),
            };
            let mut bytes = BytesMut::new();
            frame.encode(&mut bytes).unwrap();
            originals.push(bytes.to_vec());
        }
    }
    originals
}

fn mutate(random: &mut StdRng, bytes: &mut Vec<u8>) {
    for _ in 0..random.random_range(1..=4) {
        // Most of what is structure lies at the beginning.
        let most = if random.random() { 64 } else { bytes.len() };
        let place = random.random_range(0..bytes.len().clamp(1, most.max(1)));
        match random.random_range(0..7) {
            0 => bytes[place] ^= 1 << random.random_range(0..8),
            1 => bytes[place] = random.random(),
            2 => bytes[place] = EDGES[random.random_range(0..EDGES.len())],
            3 => bytes.insert(place, random.random()),
            4 if bytes.len() > 1 => {
                bytes.remove(place);
            }
            5 if place > 0 => bytes.truncate(place),
            _ => {
                let end = bytes.len().min(place + 4);
                let length: i32 = random.random();
                let length = length >> random.random_range(0..32);
                bytes[place..end].copy_from_slice(&length.to_be_bytes()[..end - place]);
            }
        }
    }
}

/// Decodes as far as possible, encodes what was decoded, and returns how many frames there were.
fn exercise(bytes: &[u8]) -> usize {
    let (mut decoder, mut buffer) = (Decoder::default(), BytesMut::from(bytes));
    let mut decoded = 0;
    while let Ok(Some(frame)) = decoder.decode(&mut buffer) {
        decoded += 1;
        let mut out = BytesMut::new();
        frame.encode(&mut out).unwrap();
        assert!(exchange::frames(&out).is_ok_and(|(frames, _)| frames.len() == 1));
        if let Some(header) = &frame.header {
            let _ = (BusinessError::of(&header.infos), header.timeout());
        }
        if let Ok(message) = Message::decode(frame.payload.clone()) {
            assert_eq!(message.encode()[4..], frame.payload[4..]);
            read(&message);
        }
        if let Ok(stream) = StreamFrame::try_from(frame) {
            let _ = stream.cancel_path().count();
            let mut out = BytesMut::new();
            Frame::from(stream).encode(&mut out).unwrap();
        }
    }
    decoded
}

fn read(message: &Message) {
    let body = &message.body;
    let _ = decode_arguments::<GetUserRequest>(body);
    let _ = decode_result::<GetUserResponse>(body);
    let _ = thrift::decode::<Fields>(body);
    let _ = thrift::decode::<Everything>(body);
    let _ = thrift::decode::<Nothing>(body);
    if let Ok(exception) = ApplicationException::decode(message.codec, body) {
        let _ = message.exception(&exception).encode();
    }
}

#[test]
fn mutated_frames_never_panic() {
    let mut random = seeded();
    let originals = originals(&mut random);
    let rounds = everything::rounds(20_000, 1_000_000);
    let mut decoded = 0;
    for _ in 0..rounds {
        let mut bytes = originals[random.random_range(0..originals.len())].clone();
        mutate(&mut random, &mut bytes);
        decoded += exercise(&bytes);
    }
    println!("{rounds} mutated exchanges, {decoded} frames of which were decoded");
    // Most mutations have to come as far as the content.
    assert!(decoded > rounds / 4, "{decoded}");
}

#[test]
fn random_bytes_never_panic() {
    let mut random = seeded();
    for _ in 0..rounds(20_000, 1_000_000) {
        let length = random.random_range(0..200);
        let bytes: Vec<u8> = (0..length).map(|_| random.random()).collect();
        exercise(&bytes);
        let _ = thrift::decode::<Everything>(&bytes);
        let _ = thrift::decode::<Nothing>(&bytes);
    }
}
