//! One call, from its handler to the last frame of its response.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::Response;
use http_body::{Body, Frame};
use prost::bytes::Bytes;

use crate::call::BoxError;

/// Sends the `response` of one call by `respond`. Ends early, and drops what the call is
/// about, when the caller gives it up.
pub(super) async fn answer<F, B, E>(response: Pin<Box<F>>, respond: SendResponse<Bytes>)
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
    E: Into<BoxError>,
{
    if let Err(error) = respond_with(response, respond).await {
        tracing::debug!(%error, "a call ended early");
    }
}

async fn respond_with<F, B, E>(
    response: Pin<Box<F>>,
    mut respond: SendResponse<Bytes>,
) -> Result<(), BoxError>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
    E: Into<BoxError>,
{
    let response = match response_or_reset(response, &mut respond).await? {
        Ok(response) => response,
        Err(error) => {
            respond.send_reset(Reason::INTERNAL_ERROR);
            return Err(error.into());
        }
    };
    let (head, body) = response.into_parts();
    let is_last = body.is_end_stream();
    match respond.send_response(Response::from_parts(head, ()), is_last) {
        Ok(_) if is_last => Ok(()),
        Ok(stream) => send(body, stream).await,
        Err(error) => {
            respond.send_reset(Reason::INTERNAL_ERROR);
            Err(error.into())
        }
    }
}

/// What `response` resolves to, unless the caller gives the call up before.
async fn response_or_reset<F: Future>(
    mut response: Pin<Box<F>>,
    respond: &mut SendResponse<Bytes>,
) -> Result<F::Output, h2::Error> {
    poll_fn(|task| {
        if let Poll::Ready(response) = response.as_mut().poll(task) {
            return Poll::Ready(Ok(response));
        }
        respond.poll_reset(task).map(given_up)
    })
    .await
}

fn given_up<T>(reset: Result<Reason, h2::Error>) -> Result<T, h2::Error> {
    Err(reset.map_or_else(|error| error, h2::Error::from))
}

/// Sends `body` on `stream`, as its reader makes room.
async fn send<B>(body: B, mut stream: SendStream<Bytes>) -> Result<(), BoxError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let mut body = pin!(body);
    while let Some(frame) = frame_or_reset(body.as_mut(), &mut stream).await? {
        let frame = frame.inspect_err(|_| stream.send_reset(Reason::INTERNAL_ERROR));
        match frame?.into_data() {
            Ok(data) if data.is_empty() => {}
            Ok(data) => {
                let is_last = body.is_end_stream();
                wait_for_room(&mut stream).await?;
                stream.send_data(data, is_last)?;
                if is_last {
                    return Ok(());
                }
            }
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    stream.send_trailers(trailers)?;
                    return Ok(());
                }
            }
        }
    }
    stream.send_data(Bytes::new(), true)?;
    Ok(())
}

/// The next frame of `body`, unless its reader gives it up before.
async fn frame_or_reset<B: Body>(
    mut body: Pin<&mut B>,
    stream: &mut SendStream<Bytes>,
) -> Result<Option<Result<Frame<B::Data>, BoxError>>, h2::Error>
where
    B::Error: Into<BoxError>,
{
    poll_fn(|task| {
        if let Poll::Ready(frame) = body.as_mut().poll_frame(task) {
            return Poll::Ready(Ok(frame.map(|frame| frame.map_err(Into::into))));
        }
        stream.poll_reset(task).map(given_up)
    })
    .await
}

/// Waits until the reader takes more. Only one byte is asked for, as what is asked for
/// is kept from the other streams of the connection; h2 sends all of the data in turn.
async fn wait_for_room(stream: &mut SendStream<Bytes>) -> Result<(), h2::Error> {
    stream.reserve_capacity(1);
    while stream.capacity() == 0 {
        match poll_fn(|task| stream.poll_capacity(task)).await {
            Some(room) => room?,
            None => return Err(Reason::CANCEL.into()),
        };
    }
    Ok(())
}
