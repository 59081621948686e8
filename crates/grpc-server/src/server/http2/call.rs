//! One call, from its handler to the last frame of its response.
//!
//! Written as a future by hand: what an `async fn` keeps of a request, of its response and of
//! the body side by side is 2 KB here, which tokio copies eight times for each call.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use prost::bytes::Bytes;

use crate::call::BoxError;
use crate::server::open_calls::OpenCall;

pin_project! {
    /// Sends the response of one call. Ends early, and drops what the call is about, when the
    /// caller gives it up.
    pub(super) struct ResponseTask<F, B> {
        #[pin]
        stage: Stage<F, B>,
        // The call is open until all of it was sent.
        open: Arc<OpenCall>,
    }
}

pin_project! {
    #[project = StageNow]
    enum Stage<F, B> {
        Handling { #[pin] response: F, respond: SendResponse<Bytes> },
        Sending {
            #[pin]
            body: B,
            stream: SendStream<Bytes>,
            // What its reader has no room for yet.
            waiting: Option<Bytes>,
        },
    }
}

impl<F, B> ResponseTask<F, B> {
    /// Sends `response` by `respond`; its call is `open` until then.
    pub(super) fn new(response: F, respond: SendResponse<Bytes>, open: Arc<OpenCall>) -> Self {
        Self {
            stage: Stage::Handling { response, respond },
            open,
        }
    }
}

impl<F, B, E> Future for ResponseTask<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
    E: Into<BoxError>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        if let Err(error) = ready!(self.project().stage.poll(task)) {
            tracing::debug!(%error, "a call ended early");
        }
        Poll::Ready(())
    }
}

impl<F, B, E> Stage<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
    E: Into<BoxError>,
{
    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if let StageNow::Handling { response, respond } = self.as_mut().project() {
            let Poll::Ready(response) = response.poll(task) else {
                return respond.poll_reset(task).map(given_up);
            };
            // A function that returned the body would copy it four times.
            let (head, body) = match response {
                Ok(response) => response.into_parts(),
                Err(error) => {
                    respond.send_reset(Reason::INTERNAL_ERROR);
                    return Poll::Ready(Err(error.into()));
                }
            };
            let is_last = body.is_end_stream();
            let sent = respond.send_response(Response::from_parts(head, ()), is_last);
            let stream = sent.inspect_err(|_| respond.send_reset(Reason::INTERNAL_ERROR))?;
            if is_last {
                return Poll::Ready(Ok(()));
            }
            // The handler goes here, with what it holds.
            self.set(Self::Sending {
                body,
                stream,
                waiting: None,
            });
        }
        match self.project() {
            StageNow::Sending {
                body,
                stream,
                waiting,
            } => poll_send(body, stream, waiting, task),
            // It was left above.
            StageNow::Handling { .. } => Poll::Pending,
        }
    }
}

/// The caller has given the call up.
fn given_up(reset: Result<Reason, h2::Error>) -> Result<(), BoxError> {
    Err(reset.map_or_else(|error| error, h2::Error::from).into())
}

/// Sends `body` on `stream`, as its reader makes room.
fn poll_send<B>(
    mut body: Pin<&mut B>,
    stream: &mut SendStream<Bytes>,
    waiting: &mut Option<Bytes>,
    task: &mut Context<'_>,
) -> Poll<Result<(), BoxError>>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    loop {
        if waiting.is_some() {
            ready!(poll_room(stream, task))?;
        }
        if let Some(data) = waiting.take() {
            let is_last = body.is_end_stream();
            stream.send_data(data, is_last)?;
            if is_last {
                return Poll::Ready(Ok(()));
            }
        }
        let Poll::Ready(frame) = body.as_mut().poll_frame(task) else {
            return stream.poll_reset(task).map(given_up);
        };
        let Some(frame) = frame else {
            stream.send_data(Bytes::new(), true)?;
            return Poll::Ready(Ok(()));
        };
        let frame = frame.inspect_err(|_| stream.send_reset(Reason::INTERNAL_ERROR));
        match frame.map_err(Into::into)?.into_data() {
            Ok(data) => *waiting = Some(data).filter(|data| !data.is_empty()),
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    stream.send_trailers(trailers)?;
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

/// Waits until the reader takes more. Only one byte is asked for, as what is asked for
/// is kept from the other streams of the connection; h2 sends all of the data in turn.
fn poll_room(
    stream: &mut SendStream<Bytes>,
    task: &mut Context<'_>,
) -> Poll<Result<(), h2::Error>> {
    stream.reserve_capacity(1);
    while stream.capacity() == 0 {
        match ready!(stream.poll_capacity(task)) {
            Some(room) => room?,
            None => return Poll::Ready(Err(Reason::CANCEL.into())),
        };
    }
    Poll::Ready(Ok(()))
}
