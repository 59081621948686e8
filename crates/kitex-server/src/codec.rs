//! Thrift as the encoding of a tonic service.

use std::fmt::{Debug, Formatter};
use std::future::Future;
use std::marker::PhantomData;

use bytes::{Buf, BufMut, Bytes};
use grpc_server::{ErrorDomain, unary_of_bytes};
use http::Response;
use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, decode, decode_arguments, encode, encode_result};
use tonic::body::Body;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status};
use tonic_types::ErrorDetails;

/// `ErrorInfo.reason` of arguments that can't be decoded.
pub(crate) const MALFORMED: &str = "MALFORMED_ARGUMENTS";
/// Bytes to begin with, and those of messages that leave together.
const BUFFERS: (usize, usize) = (256, 16 * 1024);

/// Serves a call as [`grpc_server::unary`] does, with messages in Thrift: the request is the only
/// argument of the method, and the response its result. The errors are those of `domain`.
pub async fn unary<Q, A, F>(
    domain: ErrorDomain,
    body: Body,
    max_bytes: usize,
    handle: impl FnOnce(Q) -> F,
) -> Response<Body>
where
    Q: Decode,
    A: Encode,
    F: Future<Output = Result<A, Status>>,
{
    let decode = |arguments: Bytes| {
        let request = decode_arguments(&arguments);
        request.map_err(|error| malformed(domain, "the arguments", &error))
    };
    let handle = |request| async {
        let response = handle(request).await?;
        Ok(encode_result(&response))
    };
    unary_of_bytes(body, max_bytes, decode, handle).await
}

/// The codec of a method with a stream of requests of type `U` or of responses of type `T`, whose messages
/// are the structs themselves. Made for each call, as tonic does.
pub struct ThriftCodec<T, U> {
    domain: ErrorDomain,
    types: PhantomData<fn(U) -> T>,
}

impl<T, U> ThriftCodec<T, U> {
    /// The codec of a method whose errors are those of `domain`.
    pub fn new(domain: ErrorDomain) -> Self {
        Self {
            domain,
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

    fn encode(&mut self, response: T, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(encode(&response));
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFERS.0, BUFFERS.1)
    }
}

impl<T, U: Decode> Decoder for ThriftCodec<T, U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let bytes = message.copy_to_bytes(message.remaining());
        let request = decode(&bytes).map(Some);
        request.map_err(|error| malformed(self.domain, "a message", &error))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFERS.0, BUFFERS.1)
    }
}

fn malformed(domain: ErrorDomain, what: &str, error: &DecodeError) -> Status {
    let message = format!("{what} can't be decoded: {error}");
    let details = ErrorDetails::new();
    domain.status(Code::Internal, &message, MALFORMED, details)
}
