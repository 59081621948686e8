//! The frame by which a server tells clients with multiplexed connections to open another one.

use bytes::Bytes;
use kitex_codec::{Codec, Frame, Header, Message, MessageKind};

use crate::failure::announce_close;

/// The method that Kitex's clients expect in it.
const NAME: &str = "none";
/// A Thrift struct without fields.
const EMPTY: &[u8] = &[0];

/// A frame that belongs to no call. These clients read the announcement in no other one.
pub(super) fn close_soon() -> Frame {
    let message = Message {
        codec: Codec::Thrift,
        kind: MessageKind::Reply,
        name: NAME.to_owned(),
        // That of no call.
        sequence: 0,
        body: Bytes::from_static(EMPTY),
    };
    let mut frame = Frame {
        header: Some(Header::default()),
        framed: false,
        payload: message.encode(),
    };
    announce_close(&mut frame);
    frame
}
