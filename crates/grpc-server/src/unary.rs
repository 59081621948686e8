//! Calls with one request and one response, without what tonic has for streams: its generated
//! services serve such a call as a stream of one message, with two buffers, four boxes and a
//! future of 2 KB, which were a fifth of the work on a call.

mod request;
mod response;

use std::future::Future;

use http::Response;
use prost::Message;
use tonic::Status;
use tonic::body::Body;

/// Serves the call whose request has this `body`, as tonic would: `handle` gets its one message, and
/// what it returns is sent. For services behind [`stack`](crate::stack), which has decompressed
/// the message. A handler that needs the metadata of a call is one of the generated service.
///
/// A request that has more than `max_bytes` is refused with OUT_OF_RANGE, which the stack makes
/// RESOURCE_EXHAUSTED, and one that is malformed with INTERNAL.
pub async fn unary<Q, A, F>(
    body: Body,
    max_bytes: usize,
    handle: impl FnOnce(Q) -> F,
) -> Response<Body>
where
    Q: Message + Default,
    A: Message,
    F: Future<Output = Result<A, Status>>,
{
    let message = match request::read(body, max_bytes).await {
        Ok(message) => message,
        Err(status) => return status.into_http(),
    };
    let answer = handle(message).await;
    let response = answer.and_then(|answer| response::of_message(&answer));
    response.unwrap_or_else(Status::into_http)
}

#[cfg(test)]
mod tests;
