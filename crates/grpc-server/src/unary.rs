//! Calls with one request and one response, without what tonic has for streams: its generated
//! services serve such a call as a stream of one message, with two buffers, four boxes and a
//! future of 2 KB, which were a fifth of the work on a call.

mod request;
mod response;

use std::future::Future;

use http::Response;
use prost::Message;
use prost::bytes::Bytes;
use tonic::Status;
use tonic::body::Body;

/// A message of a response. All messages of prost are; another type may write the bytes of one from
/// where what it says is kept.
pub trait Encode {
    /// How many bytes [`encode`](Self::encode) writes.
    fn encoded_len(&self) -> usize;

    /// Writes the message to `out`.
    fn encode(&self, out: &mut Vec<u8>);
}

impl<M: Message> Encode for M {
    fn encoded_len(&self) -> usize {
        Message::encoded_len(self)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        // A vector has room for any message.
        self.encode_raw(out);
    }
}

/// Serves the call whose request has this `body`, as tonic would: `handle` gets its one message, and
/// what it returns is sent. For services behind [`stack`](crate::stack), which has decompressed
/// the message. A handler that needs the metadata of a call is one of the generated service.
///
/// A request that has more than `max_bytes` is refused with OUT_OF_RANGE, which the stack makes
/// RESOURCE_EXHAUSTED, and one that is malformed with INTERNAL.
pub fn unary<Q, A, F>(
    body: Body,
    max_bytes: usize,
    handle: impl FnOnce(Q) -> F,
) -> impl Future<Output = Response<Body>>
where
    Q: Message + Default,
    A: Encode,
    F: Future<Output = Result<A, Status>>,
{
    let decode = |message| Q::decode(message).map_err(|error| Status::internal(error.to_string()));
    respond(body, max_bytes, decode, handle, response::of_message)
}

/// The same for messages that are not protobuf: `handle` gets what `decode` makes of that of the
/// request, and returns that of the response as bytes.
pub fn unary_of_bytes<Q, F>(
    body: Body,
    max_bytes: usize,
    decode: impl Fn(Bytes) -> Result<Q, Status>,
    handle: impl FnOnce(Q) -> F,
) -> impl Future<Output = Response<Body>>
where
    F: Future<Output = Result<Bytes, Status>>,
{
    respond(body, max_bytes, decode, handle, response::of_bytes)
}

async fn respond<Q, A, F>(
    body: Body,
    max_bytes: usize,
    decode: impl Fn(Bytes) -> Result<Q, Status>,
    handle: impl FnOnce(Q) -> F,
    encode: fn(&A) -> Result<Response<Body>, Status>,
) -> Response<Body>
where
    F: Future<Output = Result<A, Status>>,
{
    let message = match request::read(body, max_bytes, decode).await {
        Ok(message) => message,
        Err(status) => return status.into_http(),
    };
    let answer = handle(message).await;
    let response = answer.and_then(|answer| encode(&answer));
    response.unwrap_or_else(Status::into_http)
}

#[cfg(test)]
mod tests;
