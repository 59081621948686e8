//! Thrift as the encoding of a tonic client.

use std::fmt::{Debug, Formatter};
use std::marker::PhantomData;

use bytes::{Buf, BufMut};
use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, decode, decode_result, encode, encode_arguments};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// The codec of a method with requests of type `T` and responses of type `U`. The default is that of
/// a unary method, whose request is the only argument and whose response is the result.
pub struct ThriftCodec<T, U> {
    is_streaming: bool,
    types: PhantomData<fn(T) -> U>,
}

impl<T, U> ThriftCodec<T, U> {
    /// The codec of a method with a stream in either direction: its messages are the structs
    /// themselves.
    pub fn streaming() -> Self {
        Self {
            is_streaming: true,
            types: PhantomData,
        }
    }
}

impl<T, U> Default for ThriftCodec<T, U> {
    fn default() -> Self {
        Self {
            is_streaming: false,
            types: PhantomData,
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

    fn encode(&mut self, request: T, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(match self.is_streaming {
            true => encode(&request),
            false => encode_arguments(&request),
        });
        Ok(())
    }
}

impl<T, U: Decode> Decoder for ThriftCodec<T, U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, response: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let bytes = response.copy_to_bytes(response.remaining());
        if self.is_streaming {
            return decode(&bytes).map(Some).map_err(malformed);
        }
        match decode_result(&bytes) {
            Ok(Some(response)) => Ok(Some(response)),
            Ok(None) => Err(Status::internal("the response has no result")),
            Err(error) => Err(malformed(error)),
        }
    }
}

fn malformed(error: DecodeError) -> Status {
    Status::internal(format!("the response can't be decoded: {error}"))
}
