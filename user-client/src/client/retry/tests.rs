use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use prost::bytes::Bytes;
use tonic::Status;
use tower::service_fn;

use super::*;

fn request(repeatable: bool) -> Request<Body> {
    let mut request = Request::new(Body::new(Full::new(Bytes::from_static(b"message"))));
    if repeatable {
        let deadline = Instant::now() + Duration::from_secs(10);
        request.extensions_mut().insert(Repeatable {
            deadline: Some(deadline),
        });
    }
    request
}

/// Fails so many times, then answers with the header that counts the attempts.
async fn run(failures: u32, repeatable: bool) -> (Response<()>, u32) {
    let seen = AtomicU32::new(0);
    let seen = Arc::new(seen);
    let counter = Arc::clone(&seen);
    let server = service_fn(move |request: Request<Body>| {
        let seen = counter.fetch_add(1, Relaxed);
        async move {
            let (parts, body) = request.into_parts();
            assert_eq!(body.collect().await?.to_bytes(), "message");
            if seen < failures {
                return Ok(Status::unavailable("not now").into_http());
            }
            let mut response = Response::new(());
            if let Some(previous) = parts.headers.get(PREVIOUS_ATTEMPTS) {
                response.headers_mut().insert("seen", previous.clone());
            }
            Ok::<_, BoxError>(response)
        }
    });
    let response = RetryLayer::default()
        .layer(server)
        .oneshot(request(repeatable))
        .await
        .unwrap();
    (response, seen.load(Relaxed))
}

#[tokio::test(start_paused = true)]
async fn a_repeatable_call_is_repeated_with_the_same_body_until_it_succeeds() {
    let (response, seen) = run(2, true).await;
    assert_eq!(seen, 3);
    assert_eq!(response.headers()["seen"], "2");
}

#[tokio::test(start_paused = true)]
async fn another_call_fails_as_it_did() {
    let (response, seen) = run(1, false).await;
    assert_eq!(seen, 1);
    assert_eq!(response.headers()["grpc-status"], "14");
}

#[tokio::test(start_paused = true)]
async fn the_last_failure_is_what_the_caller_gets() {
    let (response, seen) = run(u32::MAX, true).await;
    assert_eq!(seen, 5);
    assert_eq!(response.headers()["grpc-status"], "14");
}
