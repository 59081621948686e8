//! The response of a call, step by step.

mod messages;

use std::future::{Future, poll_fn};
use std::pin::Pin;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use grpc_server::BoxError;
use http::Response;
use http_body::Body;
use tonic::{Code, Status};

use self::messages::Messages;

/// What a response goes on with.
pub(super) enum Step {
    Message(Bytes),
    Ended(Result<(), Status>),
}

/// A response whose body is being read.
struct Reply<B, O> {
    body: Pin<Box<B>>,
    messages: Messages,
    /// Counts the call as open.
    _open: O,
}

/// The steps of the response that `responding` returns. `open` is dropped with the last one.
pub(super) fn steps<B, O>(
    responding: impl Future<Output = Result<Response<B>, BoxError>> + Send + 'static,
    open: O,
) -> impl Stream<Item = Step> + Send + 'static
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    O: Send + 'static,
{
    let begun = async move {
        let (head, body) = responding.await.map_err(Status::from_error)?.into_parts();
        match Status::from_header_map(&head.headers) {
            // There is nothing else.
            Some(status) => Err(status),
            None => Ok(Reply {
                body: Box::pin(body),
                messages: Messages::default(),
                _open: open,
            }),
        }
    };
    stream::once(begun).flat_map(|begun| match begun {
        Ok(reply) => stream::unfold(Some(reply), next).left_stream(),
        Err(status) => stream::iter([Step::Ended(ok(status))]).right_stream(),
    })
}

/// The next step, and what is left to read.
async fn next<B, O>(reply: Option<Reply<B, O>>) -> Option<(Step, Option<Reply<B, O>>)>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let mut reply = reply?;
    let end = loop {
        match reply.messages.next() {
            Ok(Some(message)) => return Some((Step::Message(message), Some(reply))),
            Ok(None) => {}
            Err(status) => break Err(status),
        }
        let frame = poll_fn(|task| reply.body.as_mut().poll_frame(task)).await;
        let frame = match frame {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => break Err(Status::from_error(error.into())),
            None => break Err(Status::internal("the response has no status")),
        };
        match frame.into_data() {
            Ok(data) => reply.messages.feed(data),
            Err(frame) => {
                let status = frame.trailers_ref().and_then(Status::from_header_map);
                break status.map_or(Ok(()), ok);
            }
        }
    };
    Some((Step::Ended(end), None))
}

fn ok(status: Status) -> Result<(), Status> {
    match status.code() {
        Code::Ok => Ok(()),
        _ => Err(status),
    }
}
