//! What became of each span and log record is known, whatever the endpoint does.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod logs;
#[cfg(feature = "http")]
mod redirects;
mod spans;

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;
use tracing::Dispatch;
use tracing::dispatcher::DefaultGuard;

use super::account::Counts;
use super::*;
use crate::environment::Signal;
use crate::receiver::Receiver;

/// How many spans or log records are made.
const MADE: u64 = 1_000;

fn limits() -> BatchLimits {
    BatchLimits {
        queue_size: MADE as usize,
        batch_size: 100,
        delay: Duration::from_secs(60),
        export_limit: Duration::from_secs(20),
        exports: 2,
    }
}

/// For endpoints that would have them wait.
fn short_limits() -> BatchLimits {
    BatchLimits {
        export_limit: Duration::from_millis(200),
        ..limits()
    }
}

/// Makes `subscriber` that of this thread, and never drops it: `tracing` may be the
/// last to hold it, under a lock that whatever its end logs would wait for.
fn subscribe(subscriber: impl Into<Dispatch>) -> DefaultGuard {
    let dispatch = subscriber.into();
    std::mem::forget(dispatch.clone());
    tracing::dispatcher::set_default(&dispatch)
}

async fn receiver() -> Receiver {
    Receiver::bind("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap()
}

/// A server that does `answer` to each connection.
async fn server<F: Future<Output = ()> + Send + 'static>(
    answer: impl Fn(TcpStream) -> F + Send + 'static,
) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serve = async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(answer(stream));
        }
    };
    (endpoint, AbortOnDropHandle::new(tokio::spawn(serve)))
}

/// An endpoint of one service.
async fn served(routes: tonic::service::Routes) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = routes.into_axum_router();
    let serve = async move { axum::serve(listener, router).await.unwrap() };
    (endpoint, AbortOnDropHandle::new(tokio::spawn(serve)))
}

/// What becomes of spans, and what of log records, that are to go to `endpoint`.
async fn fates(endpoint: String, limits: BatchLimits) -> [Counts; 2] {
    [
        spans::export_to(endpoint.clone(), limits).await,
        logs::export_to(endpoint, limits).await,
    ]
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_costs_them_all_and_hides_none() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);

    for counts in fates(endpoint, short_limits()).await {
        assert_eq!(counts.export_failed, MADE);
    }
}

#[tokio::test]
async fn an_endpoint_that_answers_garbage_costs_them_all_and_hides_none() {
    let (endpoint, _server) = server(|mut stream| async move {
        let _ = stream.write_all(&[0xff; 1024]).await;
    })
    .await;

    for counts in fates(endpoint, short_limits()).await {
        assert_eq!(counts.export_failed, MADE);
    }
}

#[tokio::test]
async fn behind_an_endpoint_that_hangs_the_queue_fills_and_the_rest_is_dropped() {
    let (endpoint, _server) = server(|stream| async move {
        let _held = stream;
        std::future::pending().await
    })
    .await;
    let narrow = BatchLimits {
        queue_size: 200,
        ..short_limits()
    };

    for counts in fates(endpoint, narrow).await {
        assert!(counts.queue_full > 0, "{counts:?}");
        assert!(counts.export_failed > 0, "{counts:?}");
        assert_eq!(counts.queue_full + counts.export_failed, MADE);
    }
}
