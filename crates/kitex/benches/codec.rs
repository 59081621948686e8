//! What the codec costs in a `GetUser`: the request read, and its response written, framed and
//! with the TTHeader that Kitex's tracing suite sends.
//!
//! `cargo bench -p kitex-codec --bench codec`

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use kitex_codec::thrift::{decode_arguments, encode_arguments, encode_result};
use kitex_codec::{Codec, Decoder, Frame, Header, Infos, Message, MessageKind, keys};
use user::{GetUserRequest, ada};

#[path = "../tests/wire/user.rs"]
mod user;

/// The infos of the suite.
const STRINGS: [(&str, &str); 6] = [
    ("RPC_TRANSIT_deployment.environment", "lab-env"),
    (
        "RPC_TRANSIT_traceparent",
        "00-9d0443473e62d8f13543da225bdd9c9c-c562d169f0b5f927-01",
    ),
    ("RPC_TRANSIT_baggage", "workflow.name=kitex-lab"),
    ("RPC_TRANSIT_service.name", "kitex-client"),
    ("RPC_TRANSIT_service.namespace", "lab"),
    (keys::IDL_SERVICE, "UserService"),
];
const INTS: [(u16, &str); 7] = [
    (keys::FROM_METHOD, ""),
    (keys::TO_SERVICE, "user-service"),
    (keys::TO_METHOD, "GetUser"),
    (keys::MESSAGE_KIND, "1"),
    (keys::TRANSPORT_TYPE, "framed"),
    (keys::RPC_TIMEOUT, "3000"),
    (keys::FROM_SERVICE, "kitex-client"),
];

fn suite() -> Header {
    let mut infos = Infos::default();
    for (key, value) in STRINGS {
        infos.set_string(key, value);
    }
    for (key, value) in INTS {
        infos.set_int(key, value);
    }
    Header {
        infos,
        ..Header::default()
    }
}

fn request(header: Option<Header>) -> Frame {
    let message = Message {
        codec: Codec::Thrift,
        kind: MessageKind::Call,
        name: "GetUser".to_owned(),
        sequence: 1,
        body: encode_arguments(&GetUserRequest { user_id: 12345 }),
    };
    Frame {
        header,
        framed: true,
        payload: message.encode(),
    }
}

fn bytes(frame: &Frame) -> BytesMut {
    let mut bytes = BytesMut::new();
    // Nothing in here is too long.
    let encoded = frame.encode(&mut bytes);
    assert_eq!(encoded, Ok(()));
    bytes
}

fn decode(mut received: BytesMut) -> Option<(Frame, Message, GetUserRequest)> {
    let frame = Decoder::default().decode(&mut received).ok()??;
    let message = Message::decode(frame.payload.clone()).ok()?;
    let request = decode_arguments(&message.body).ok()?;
    Some((frame, message, request))
}

fn answer(frame: &Frame, message: &Message, body: Bytes, out: &mut BytesMut) {
    let mut answer = frame.response(message.reply(body).encode());
    if let Some(header) = &mut answer.header {
        let kind = MessageKind::Reply.info();
        header.infos.set_int(keys::MESSAGE_KIND, kind);
    }
    assert_eq!(answer.encode(out), Ok(()));
}

fn codec(criterion: &mut Criterion) {
    let response = ada(12345);
    for (name, header) in [("framed", None), ("suite", Some(suite()))] {
        let received = bytes(&request(header));
        criterion.bench_function(&format!("{name}: read the request"), |bencher| {
            // As from a socket: the decoder takes the bytes and copies none.
            bencher.iter_batched(|| received.clone(), decode, BatchSize::SmallInput);
        });
        let decoded = decode(received.clone());
        let Some((frame, message, _)) = decoded else {
            continue;
        };
        let mut out = BytesMut::with_capacity(1024);
        criterion.bench_function(&format!("{name}: write the answer"), |bencher| {
            bencher.iter(|| {
                out.clear();
                let body = encode_result(black_box(&response));
                answer(&frame, &message, body, &mut out);
            });
        });
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
