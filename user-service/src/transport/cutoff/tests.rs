#![expect(clippy::unwrap_used, reason = "tests")]

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use http::{HeaderMap, Response};
use http_body::Frame;
use http_body_util::{BodyStream, StreamBody};
use prost::bytes::Bytes;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{ServiceExt, service_fn};

use super::*;

const TIMEOUT: Duration = Duration::from_millis(50);

fn request() -> Request<()> {
    Request::builder()
        .header("grpc-timeout", "50m")
        .body(())
        .unwrap()
}

fn layer() -> CutoffLayer {
    CutoffLayer::new(CancellationToken::new())
}

fn code(headers: &HeaderMap) -> Option<Code> {
    Status::from_header_map(headers).map(|status| status.code())
}

#[tokio::test(start_paused = true)]
async fn a_late_response_is_deadline_exceeded_at_the_deadline() {
    let hangs = service_fn(|_: Request<()>| pending::<Result<Response<Body>, BoxError>>());
    let started = Instant::now();

    let response = layer().layer(hangs).oneshot(request()).await.unwrap();

    assert_eq!(code(response.headers()), Some(Code::DeadlineExceeded));
    // Timers have a resolution of a millisecond.
    let late = started.elapsed() - TIMEOUT;
    assert!(late <= Duration::from_millis(1), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn a_late_stream_ends_with_deadline_exceeded_in_its_trailers() {
    let response = layer()
        .layer(service_fn(one_message_and_no_end))
        .oneshot(request())
        .await
        .unwrap();

    assert_eq!(last_code(response).await, Some(Code::DeadlineExceeded));
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_unavailable_when_the_grace_is_over() {
    let grace_over = CancellationToken::new();
    let response = CutoffLayer::new(grace_over.clone())
        .layer(service_fn(one_message_and_no_end))
        .oneshot(Request::new(()))
        .await
        .unwrap();

    let (code, ()) = tokio::join!(last_code(response), async { grace_over.cancel() });

    assert_eq!(code, Some(Code::Unavailable));
}

async fn one_message_and_no_end(_: Request<()>) -> Result<Response<Body>, BoxError> {
    let first = Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"first")));
    let frames = stream::iter([first]).chain(stream::pending());
    Ok(Response::new(Body::new(StreamBody::new(frames))))
}

/// The code in the trailers, which come after one message and are the last.
async fn last_code(response: Response<CutoffBody<Body>>) -> Option<Code> {
    let mut frames = BodyStream::new(response.into_body());
    assert!(frames.next().await.unwrap().unwrap().is_data());
    let trailers = frames.next().await.unwrap().unwrap().into_trailers();
    assert!(frames.next().await.is_none());
    code(&trailers.unwrap())
}
