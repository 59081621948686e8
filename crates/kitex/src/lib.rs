//! The wire formats of Kitex (v0.16.3), as bytes and types: no sockets, no services.
//!
//! - [`sniff`] detects the [`Protocol`] of a connection from its first bytes.
//! - [`Decoder`] splits received bytes into [`Frame`]s within [`FrameLimits`]: TTHeader, Framed, Buffered.
//! - [`Message`] is the request or response in a frame, of Thrift or Kitex Protobuf.
//! - [`thrift`] decodes and encodes its structs.
//! - [`BusinessError`] and [`ApplicationException`] are the two ways to fail.
//! - [`StreamFrame`] is a frame of TTHeader Streaming.
//! - [`Infos`] are the key-value pairs of TTHeader, with their [`keys`] and those of [`metainfo`].
//!
//! Whatever a peer announces, nothing is allocated for bytes that have not arrived, and nothing
//! panics. A server that handles one call:
//!
//! ```
//! use bytes::BytesMut;
//! use kitex_codec::{ApplicationException, Decoder, Frame, Message};
//!
//! /// The response to the first call in `received`, or `None` if it has not arrived.
//! fn serve(received: &mut BytesMut) -> Result<Option<BytesMut>, Box<dyn std::error::Error>> {
//!     let Some(request) = Decoder::default().decode(received)? else {
//!         return Ok(None);
//!     };
//!     let call = Message::decode(request.payload.clone())?;
//!     let unknown = ApplicationException::new(
//!         ApplicationException::UNKNOWN_METHOD,
//!         "this service has no methods",
//!     );
//!     let mut response = BytesMut::new();
//!     let exception = call.exception(&unknown).encode();
//!     request.response(exception).encode(&mut response)?;
//!     Ok(Some(response))
//! }
//!
//! // Framed: a length, then the call `Ping` with the sequence number 1 and no arguments.
//! let mut received = BytesMut::from(&b"\0\0\0\x11\x80\x01\0\x01\0\0\0\x04Ping\0\0\0\x01\0"[..]);
//! let response = serve(&mut received)?.expect("the whole call has arrived");
//! assert!(response[4..].starts_with(b"\x80\x01\0\x03\0\0\0\x04Ping\0\0\0\x01"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod business_error;
mod error;
mod exception;
mod frame;
mod limits;
mod message;
pub mod metainfo;
mod protocol;
mod stream;
pub mod thrift;
mod ttheader;

pub use self::business_error::BusinessError;
pub use self::error::{DecodeError, EncodeError};
pub use self::exception::ApplicationException;
pub use self::frame::{Decoder, Frame};
pub use self::limits::FrameLimits;
pub use self::message::{Codec, MAX_NAME, Message, MessageKind};
pub use self::protocol::{Protocol, SNIFFED_BYTES, Sniffed, sniff};
pub use self::stream::{StreamFrame, StreamFrameKind};
pub use self::ttheader::{Header, Infos, flags, keys, protocol_id};
