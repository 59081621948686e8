//! Thrift as the encoding of a tonic service.

use std::fmt::{Debug, Formatter};
use std::marker::PhantomData;

use bytes::{Buf, BufMut};
use grpc_server::ErrorDomain;
use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, decode, decode_arguments, encode, encode_result};
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status};
use tonic_types::ErrorDetails;

/// `ErrorInfo.reason` of arguments that can't be decoded.
pub(crate) const MALFORMED: &str = "MALFORMED_ARGUMENTS";
/// Bytes to begin with, and those of messages that leave together.
const BUFFERS: (usize, usize) = (256, 16 * 1024);

/// The codec of a method with requests of type `U` and responses of type `T`. Made for each call,
/// as tonic does.
pub struct ThriftCodec<T, U> {
    domain: ErrorDomain,
    is_streaming: bool,
    types: PhantomData<fn(U) -> T>,
}

impl<T, U> ThriftCodec<T, U> {
    /// The codec of a unary method, whose request is the only argument and whose response is the
    /// result. Its errors are those of `domain`.
    pub fn new(domain: ErrorDomain) -> Self {
        Self {
            domain,
            is_streaming: false,
            types: PhantomData,
        }
    }

    /// The codec of a method with a stream in either direction: its messages are the structs
    /// themselves.
    pub fn streaming(domain: ErrorDomain) -> Self {
        Self {
            is_streaming: true,
            ..Self::new(domain)
        }
    }
}

impl<T, U> Clone for ThriftCodec<T, U> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<T, U> Debug for ThriftCodec<T, U> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ThriftCodec")
    }
}

impl<T, U> Codec for ThriftCodec<T, U>
where
    T: Encode + Send + 'static,
    U: Decode + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl<T: Encode, U> Encoder for ThriftCodec<T, U> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, response: T, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(match self.is_streaming {
            true => encode(&response),
            false => encode_result(&response),
        });
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFERS.0, BUFFERS.1)
    }
}

impl<T, U: Decode> Decoder for ThriftCodec<T, U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, arguments: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let bytes = arguments.copy_to_bytes(arguments.remaining());
        let request = match self.is_streaming {
            true => decode(&bytes),
            false => decode_arguments(&bytes),
        };
        request.map(Some).map_err(|error| self.malformed(&error))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFERS.0, BUFFERS.1)
    }
}

impl<T, U> ThriftCodec<T, U> {
    fn malformed(&self, error: &DecodeError) -> Status {
        let what = match self.is_streaming {
            true => "a message",
            false => "the arguments",
        };
        let message = format!("{what} can't be decoded: {error}");
        let details = ErrorDetails::new();
        self.domain
            .status(Code::Internal, &message, MALFORMED, details)
    }
}
