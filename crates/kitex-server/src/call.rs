//! A call as it was received.

use bytes::Bytes;
use kitex_codec::thrift::empty_result;
use kitex_codec::{Codec, DecodeError, Frame, Header, Message, MessageKind, keys};

/// A call without its arguments: what its response needs to know.
pub(crate) struct IncomingCall {
    frame: Frame,
    message: Message,
}

impl IncomingCall {
    /// The call in `frame`, and its arguments.
    ///
    /// # Errors
    /// If the frame is not that of a message.
    pub(crate) fn decode(mut frame: Frame) -> Result<(Self, Bytes), DecodeError> {
        // The arguments alone keep the memory of the frame.
        let payload = std::mem::take(&mut frame.payload);
        let mut message = Message::decode(payload)?;
        let arguments = std::mem::take(&mut message.body);
        Ok((Self { frame, message }, arguments))
    }

    pub(crate) fn message(&self) -> &Message {
        &self.message
    }

    pub(crate) fn header(&self) -> Option<&Header> {
        self.frame.header.as_ref()
    }

    /// Whether its client sends other calls before it has the response to this one.
    pub(crate) fn is_multiplexed(&self) -> bool {
        self.header().is_some_and(Header::is_multiplexed)
    }

    /// The service that it names. Clients that do have Kitex's handler for infos, and read those
    /// of the response as well.
    pub(crate) fn service(&self) -> Option<&str> {
        self.header()?.infos.string(keys::IDL_SERVICE)
    }

    /// A reply without a response, beside a business error.
    pub(crate) fn empty_reply(&self) -> Message {
        self.message.reply(match self.message.codec {
            Codec::Thrift => empty_result(),
            Codec::Protobuf => Bytes::new(),
        })
    }

    /// The frame of `response` to this call.
    pub(crate) fn respond(&self, response: &Message) -> Frame {
        let mut frame = self.frame.response(response.encode());
        if let Some(header) = &mut frame.header {
            let kind = response.kind.info();
            header.infos.set_int(keys::MESSAGE_KIND, kind);
        }
        frame
    }

    /// Whether it is a call that gets a response.
    pub(crate) fn is_call(&self) -> bool {
        self.message.kind == MessageKind::Call
    }
}
