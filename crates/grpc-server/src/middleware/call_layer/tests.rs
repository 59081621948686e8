#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::convert::Infallible;
use std::future::pending;
use std::sync::Mutex as StdMutex;

use futures_util::{Stream, StreamExt, stream};
use http::HeaderMap;
use http_body::Frame;
use http_body_util::{BodyExt, BodyStream, StreamBody};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::body::Body;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::Roles;
use crate::middleware::Authentication;
use crate::middleware::deadline::{AwaitedBody, Awaiting};
use crate::middleware::refusal::Refusals;

const DOMAIN: ErrorDomain = ErrorDomain::new("a");
const TIMEOUT: Duration = Duration::from_millis(50);

fn request() -> Request<Body> {
    Request::post("/")
        .header("content-type", "application/grpc")
        .header("grpc-timeout", "50m")
        .body(Body::empty())
        .unwrap()
}

fn layer() -> CallLayer {
    let methods = Methods::from_iter([("a.Service/Unary".to_owned(), true)]);
    let limits = CallLimits {
        in_flight: 1,
        unary: 2 * TIMEOUT,
        silence: 3 * TIMEOUT,
        gzip: true,
        ..CallLimits::default()
    };
    CallLayer::new(Policy {
        methods,
        roles: Roles::default(),
        authentication: Authentication::open(),
        limits,
        error_domain: DOMAIN,
        metric_prefix: "a",
    })
}

fn code(headers: &HeaderMap) -> Option<Code> {
    Status::from_header_map(headers).map(|status| status.code())
}

#[tokio::test(start_paused = true)]
async fn a_late_response_is_deadline_exceeded_at_the_deadline() {
    let hangs = service_fn(|_: Request<Body>| pending::<Result<Response<Body>, BoxError>>());
    let started = Instant::now();

    let response = layer().layer(hangs).oneshot(request()).await.unwrap();

    assert_eq!(code(response.headers()), Some(Code::DeadlineExceeded));
    // Timers have a resolution of a millisecond.
    let late = started.elapsed() - TIMEOUT;
    assert!(late <= Duration::from_millis(1), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_without_any_time_is_not_begun() {
    let works =
        service_fn(|_: Request<Body>| async { Ok::<_, BoxError>(Response::new(Body::empty())) });
    let mut request = request();
    let none = http::HeaderValue::from_static("0n");
    request.headers_mut().insert("grpc-timeout", none);

    let response = layer().layer(works).oneshot(request).await.unwrap();

    assert_eq!(code(response.headers()), Some(Code::DeadlineExceeded));
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
    let forced_shutdown = CancellationToken::new();
    let mut request = request();
    request.headers_mut().remove("grpc-timeout");
    request
        .extensions_mut()
        .insert(ForcedShutdown::new(forced_shutdown.clone()));
    let response = layer()
        .layer(service_fn(one_message_and_no_end))
        .oneshot(request)
        .await
        .unwrap();

    let (code, ()) = tokio::join!(last_code(response), async { forced_shutdown.cancel() });

    assert_eq!(code, Some(Code::Unavailable));
}

async fn one_message_and_no_end<A>(_: Request<A>) -> Result<Response<Body>, BoxError> {
    let first = Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"first")));
    let frames = stream::iter([first]).chain(stream::pending());
    Ok(Response::new(Body::new(StreamBody::new(frames))))
}

#[tokio::test(start_paused = true)]
async fn a_unary_call_has_the_servers_time_and_no_more() {
    let hangs = service_fn(|_: Request<Body>| pending::<Result<Response<Body>, BoxError>>());
    for asked in [None, Some("1H")] {
        let started = Instant::now();
        let mut request =
            Request::post("http://host/a.Service/Unary").header("content-type", "application/grpc");
        if let Some(asked) = asked {
            request = request.header("grpc-timeout", asked);
        }
        let request = request.body(Body::empty()).unwrap();

        let response = layer().layer(hangs).oneshot(request).await.unwrap();

        assert_eq!(code(response.headers()), Some(Code::DeadlineExceeded));
        let late = started.elapsed() - 2 * TIMEOUT;
        assert!(late <= Duration::from_millis(1), "{late:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_requests_that_falls_silent_fails() {
    let frames = stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"x")))]);
    let body = StreamBody::new(frames.chain(stream::pending()));
    let working = InFlight::new(1).begin().unwrap();
    let mut body = AwaitedBody::new(
        body,
        Awaiting {
            rules: Arc::new(AwaitRules {
                domain: DOMAIN,
                silence: 3 * TIMEOUT,
                refusals: Refusals::new(DOMAIN, "test"),
            }),
            pauses: working.pauses(),
            is_stream: true,
        },
    );
    let started = Instant::now();

    assert!(body.frame().await.unwrap().is_ok());
    tokio::time::advance(10 * TIMEOUT).await;
    let waited = Instant::now();
    let error = body.frame().await.unwrap().unwrap_err();

    let status = error.downcast_ref::<Status>().unwrap();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    // The time without a request for more is not the caller's silence.
    assert!(waited.elapsed() >= 3 * TIMEOUT, "{:?}", started.elapsed());
}

/// The code in the trailers, which come after one message and are the last.
async fn last_code(response: Response<CallBody<Body>>) -> Option<Code> {
    let mut frames = BodyStream::new(response.into_body());
    assert!(frames.next().await.unwrap().unwrap().is_data());
    let trailers = frames.next().await.unwrap().unwrap().into_trailers();
    assert!(frames.next().await.is_none());
    code(&trailers.unwrap())
}

#[tokio::test]
async fn a_panic_before_the_response_is_internal() {
    let panics = service_fn(|_: Request<Body>| async {
        match std::hint::black_box(true) {
            true => panic!("a defect"),
            false => Ok::<_, BoxError>(Response::new(Body::empty())),
        }
    });

    let response = layer().layer(panics).oneshot(request()).await.unwrap();

    assert_eq!(code(response.headers()), Some(Code::Internal));
}

#[tokio::test]
async fn a_panic_in_a_stream_is_internal() {
    let panics = stream::once(async { panic!("a defect") });

    assert_last(data().chain(panics), Code::Internal).await;
}

#[tokio::test]
async fn a_librarys_error_at_the_end_of_a_stream_is_completed() {
    let by_tonic = Status::out_of_range("decoded message length too large");
    let trailers = Frame::trailers(errors::trailers(&by_tonic));

    assert_last(
        data().chain(stream::iter([Ok(trailers)])),
        Code::ResourceExhausted,
    )
    .await;
}

fn data() -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> {
    stream::iter([Ok(Frame::data(Bytes::from_static(b"message")))])
}

/// A stream with these frames ends with `code`, and with details.
async fn assert_last(
    frames: impl Stream<Item = Result<Frame<Bytes>, Infallible>> + Send + 'static,
    code: Code,
) {
    let body = StdMutex::new(Some(Body::new(StreamBody::new(frames))));
    let streams = service_fn(|_: Request<Body>| {
        let body = body.lock().unwrap().take().unwrap();
        async { Ok::<_, BoxError>(Response::new(body)) }
    });

    let response = layer().layer(streams).oneshot(request()).await.unwrap();

    let collected = response.into_body().collect().await.unwrap();
    let status = Status::from_header_map(collected.trailers().unwrap()).unwrap();
    assert_eq!(status.code(), code);
    assert!(!status.details().is_empty());
}
