//! Thrift as the encoding of a tonic client.

use std::fmt::{Debug, Formatter};
use std::marker::PhantomData;

use bytes::{Buf, BufMut};
use kitex_codec::thrift::{Decode, Encode, decode_result, encode_arguments};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// The codec of a unary method whose request of type `T` is the only argument, and whose response
/// of type `U` is the result.
pub struct ThriftCodec<T, U>(PhantomData<fn(T) -> U>);

impl<T, U> Default for ThriftCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
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
        Self::default()
    }

    fn decoder(&mut self) -> Self {
        Self::default()
    }
}

impl<T: Encode, U> Encoder for ThriftCodec<T, U> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, request: T, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(encode_arguments(&request));
        Ok(())
    }
}

impl<T, U: Decode> Decoder for ThriftCodec<T, U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, result: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let bytes = result.copy_to_bytes(result.remaining());
        match decode_result(&bytes) {
            Ok(Some(response)) => Ok(Some(response)),
            Ok(None) => Err(Status::internal("the response has no result")),
            Err(error) => Err(Status::internal(format!(
                "the response can't be decoded: {error}"
            ))),
        }
    }
}
