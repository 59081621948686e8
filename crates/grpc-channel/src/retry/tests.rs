use std::error::Error as _;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use prost::Message;
use prost::bytes::Bytes;
use prost_types::{
    FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
};
use tonic::{ConnectError, Status};
use tower::service_fn;

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

fn request() -> Request<Body> {
    let mut request = Request::new(Body::new(Full::new(Bytes::from_static(b"message"))));
    request
        .headers_mut()
        .insert(TIMEOUT, timeout::format(LIMIT).parse().unwrap());
    request
}

fn idempotent_request() -> Request<Body> {
    let mut request = request();
    request.extensions_mut().insert(Idempotent);
    request
}

/// A response, and how often the server saw its request.
struct Ended {
    response: Response<Body>,
    attempts: u32,
}

/// Fails this number of times, then returns the headers of the attempt that succeeds.
async fn run(failures: u32, request: Request<Body>) -> Ended {
    let seen = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&seen);
    let server = service_fn(move |request: Request<Body>| {
        let seen = counter.fetch_add(1, Relaxed);
        async move {
            let (parts, body) = request.into_parts();
            assert_eq!(body.collect().await?.to_bytes(), "message");
            if seen < failures {
                return Ok(Status::unavailable("not now").into_http());
            }
            let mut response = Response::new(Body::empty());
            *response.headers_mut() = parts.headers;
            Ok::<_, BoxError>(response)
        }
    });
    let retry = Retry::new(server, Methods::default());
    let response = retry.oneshot(request).await.unwrap();
    Ended {
        response,
        attempts: seen.load(Relaxed),
    }
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_call_is_retried_with_the_same_body_until_it_succeeds() {
    let Ended { response, attempts } = run(2, idempotent_request()).await;
    assert_eq!(attempts, 3);
    assert_eq!(response.headers()[PREVIOUS_ATTEMPTS], "2");
}

#[tokio::test(start_paused = true)]
async fn each_attempt_gets_what_is_left_of_the_time_of_its_call() {
    let started = tokio::time::Instant::now();
    let Ended { response, .. } = run(3, idempotent_request()).await;
    let left = timeout::deadline(response.headers()).unwrap();
    let expected = started + LIMIT;
    let difference = left.max(expected) - left.min(expected);
    assert!(difference <= Duration::from_millis(1), "{difference:?}");
}

#[tokio::test(start_paused = true)]
async fn another_call_fails_as_it_did() {
    let Ended { response, attempts } = run(1, request()).await;
    assert_eq!(attempts, 1);
    assert_eq!(response.headers()["grpc-status"], "14");
}

#[tokio::test(start_paused = true)]
async fn the_last_failure_is_what_the_caller_gets() {
    let Ended { response, attempts } = run(u32::MAX, idempotent_request()).await;
    assert_eq!(attempts, 5);
    assert_eq!(response.headers()["grpc-status"], "14");
}

/// Descriptors of a service whose method may be carried out once only, and has one request or a
/// stream of them.
fn methods(client_streaming: bool) -> Methods {
    let method = MethodDescriptorProto {
        name: Some("Add".to_owned()),
        client_streaming: Some(client_streaming),
        ..MethodDescriptorProto::default()
    };
    let service = ServiceDescriptorProto {
        name: Some("Orders".to_owned()),
        method: vec![method],
        ..ServiceDescriptorProto::default()
    };
    let file = FileDescriptorProto {
        service: vec![service],
        ..FileDescriptorProto::default()
    };
    let set = FileDescriptorSet { file: vec![file] }.encode_to_vec();
    Methods::from_descriptors(&[&set]).unwrap()
}

#[tokio::test(start_paused = true)]
async fn request_whose_connection_closes_before_it_is_sent_is_retried_although_its_body_was_read() {
    for (client_streaming, expected) in [(false, 2), (true, 1)] {
        let seen = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&seen);
        let server = service_fn(move |request: Request<Body>| {
            let seen = counter.fetch_add(1, Relaxed);
            async move {
                assert_eq!(request.into_body().collect().await?.to_bytes(), "message");
                match seen {
                    0 => Err::<Response<Body>, BoxError>(ConnectError("closed".into()).into()),
                    _ => Ok(Response::new(Body::empty())),
                }
            }
        });
        let mut request = request();
        *request.uri_mut() = "http://a/Orders/Add".parse().unwrap();
        let retry = Retry::new(server, methods(client_streaming));
        let response = retry.oneshot(request).await;
        assert_eq!(response.is_ok(), !client_streaming);
        assert_eq!(seen.load(Relaxed), expected);
    }
}

/// A body that has nothing for now.
fn open_body() -> Body {
    let messages = futures_util::stream::pending::<Result<Frame<Bytes>, Status>>();
    Body::new(StreamBody::new(messages))
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_requests_is_reset_once_the_response_is_dropped() {
    let (sender, mut bodies) = tokio::sync::mpsc::channel(1);
    let server = service_fn(move |request: Request<Body>| {
        let sender = sender.clone();
        async move {
            let sent = sender.send(request.into_body()).await;
            sent.map_err(|_| "the test has ended")?;
            Ok::<_, BoxError>(Response::new(open_body()))
        }
    });
    let mut request = request();
    *request.body_mut() = open_body();
    let retry = Retry::new(server, methods(true));
    let response = retry.oneshot(request).await.unwrap();
    let mut body = bodies.recv().await.unwrap();

    let open = tokio::time::timeout(LIMIT, body.frame()).await;
    assert!(open.is_err(), "{open:?}");
    drop(response);
    let frame = tokio::time::timeout(LIMIT, body.frame()).await.unwrap();
    let cancelled = frame.unwrap().unwrap_err();
    let source = cancelled.source().unwrap().downcast_ref::<h2::Error>();
    assert_eq!(source.unwrap().reason(), Some(h2::Reason::CANCEL));
}
