//! What is encoded is decoded to the same, whatever it is.

use bytes::{Bytes, BytesMut};
use kitex_codec::thrift;
use kitex_codec::{Codec, Decoder, Frame, Header, Infos, Message, MessageKind, flags};
use rand::RngExt;
use rand::rngs::StdRng;

use super::everything::{Everything, Nothing, rounds, seeded};

#[test]
fn a_struct_of_every_type_is_read_as_it_was_written_and_can_be_skipped() {
    let mut random = seeded();
    for _ in 0..rounds(500, 20_000) {
        let written = Everything::random(&mut random, 3);
        let bytes = thrift::encode(&written);
        assert_eq!(thrift::decode::<Everything>(&bytes).unwrap(), written);
        assert!(thrift::decode::<Nothing>(&bytes).is_ok());
    }
}

fn infos(random: &mut StdRng) -> Infos {
    let mut infos = Infos::default();
    for _ in 0..random.random_range(0..20) {
        infos.set_int(random.random(), value(random));
        infos.set_string(value(random), value(random));
    }
    if random.random() {
        infos.set_acl_token(value(random));
    }
    infos
}

fn value(random: &mut StdRng) -> Bytes {
    let length = random.random_range(0..40);
    (0..length).map(|_| random.random::<u8>()).collect()
}

fn call(random: &mut StdRng) -> Message {
    Message {
        codec: Codec::Thrift,
        kind: MessageKind::Call,
        name: "é".repeat(random.random_range(0..30)),
        sequence: random.random(),
        body: thrift::encode(&Everything::random(random, 2)),
    }
}

fn random_frame(random: &mut StdRng) -> Frame {
    let mut frame = Frame {
        header: None,
        framed: random.random(),
        payload: call(random).encode(),
    };
    if random.random() {
        frame.header = Some(Header {
            flags: random.random_range(0..u16::MAX) & !flags::STREAMING,
            sequence: random.random(),
            protocol_id: random.random(),
            infos: infos(random),
        });
    }
    frame
}

fn assert_same(read: &Frame, written: &Frame) {
    assert_eq!(read.framed, written.framed);
    assert_eq!(read.payload, written.payload);
    assert_eq!(read.header.is_some(), written.header.is_some());
    if let (Some(read), Some(written)) = (&read.header, &written.header) {
        assert_eq!(read.flags, written.flags);
        assert_eq!(read.sequence, written.sequence);
        assert_eq!(read.protocol_id, written.protocol_id);
        assert!(read.infos.ints().eq(written.infos.ints()));
        assert!(read.infos.strings().eq(written.infos.strings()));
        assert_eq!(read.infos.acl_token(), written.infos.acl_token());
    }
}

#[test]
fn frames_of_all_framings_follow_one_another_in_pieces_of_any_size() {
    let mut random = seeded();
    let (mut decoder, mut arrived, mut sent) =
        (Decoder::default(), BytesMut::new(), BytesMut::new());
    for _ in 0..rounds(500, 20_000) / 4 {
        let written: Vec<_> = (0..4).map(|_| random_frame(&mut random)).collect();
        for frame in &written {
            frame.encode(&mut sent).unwrap();
        }
        let mut read = Vec::new();
        while !sent.is_empty() {
            let piece = random.random_range(1..=sent.len());
            arrived.extend_from_slice(&sent.split_to(piece));
            while let Some(frame) = decoder.decode(&mut arrived).unwrap() {
                read.push(frame);
            }
        }
        assert_eq!(read.len(), written.len());
        for (read, written) in read.iter().zip(&written) {
            assert_same(read, written);
        }
    }
}
