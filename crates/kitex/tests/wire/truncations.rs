//! A truncated message is incomplete or an error, never a value.

use bytes::{Bytes, BytesMut};
use kitex_codec::thrift;
use kitex_codec::{ApplicationException, Decoder, Message};

use super::exchange;
use super::fields::Fields;

#[test]
fn a_frame_that_is_cut_off_is_incomplete_or_an_error() {
    let mut cuts = 0;
    for exchange in exchange::all() {
        for bytes in [exchange.sent, exchange.answered] {
            let Ok((whole, _)) = exchange::frames(&bytes) else {
                continue;
            };
            for end in 0..bytes.len() {
                let Ok((frames, left)) = exchange::frames(&bytes[..end]) else {
                    continue;
                };
                let name = &exchange.name;
                assert!(frames.len() < whole.len(), "{name} at {end}");
                assert!(!frames.is_empty() || left.len() == end, "{name} at {end}");
                cuts += 1;
            }
        }
    }
    assert!(cuts > 10_000, "{cuts}");
}

#[test]
fn a_message_that_is_cut_off_is_an_error() {
    for exchange in exchange::all() {
        let Ok((frames, _)) = exchange::frames(&exchange.answered) else {
            continue;
        };
        for frame in frames.into_iter().filter(|frame| !frame.is_streaming()) {
            for end in 0..frame.payload.len() {
                let Ok(message) = Message::decode(frame.payload.slice(..end)) else {
                    continue;
                };
                let name = &exchange.name;
                if message.codec == kitex_codec::Codec::Thrift {
                    let fields = thrift::decode::<Fields>(&message.body);
                    assert!(fields.is_err(), "{name} at {end}");
                }
                // A protobuf message may end between two fields.
                let _ = ApplicationException::decode(message.codec, &message.body);
            }
        }
    }
}

#[test]
fn nothing_at_all_is_no_message_and_no_struct() {
    assert!(Message::decode(Bytes::new()).is_err());
    assert!(thrift::decode::<Fields>(&[]).is_err());
    let none = Decoder::default().decode(&mut BytesMut::new()).unwrap();
    assert!(none.is_none());
}
