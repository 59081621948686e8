//! What became of each span and log record is known, whatever the endpoint does.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports its failures by panicking"
)]

mod logs;
mod spans;

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use super::*;
use crate::environment::Signal;
use crate::receiver::Receiver;

/// How many spans or log records are made.
const MADE: u64 = 1_000;

fn limits() -> BatchLimits {
    BatchLimits {
        queue_size: MADE as usize,
        batch_size: 100,
        delay: Duration::from_secs(5),
        export_limit: Duration::from_millis(200),
        exports: 2,
    }
}

/// Limits that an endpoint which doesn't answer soon fills.
fn narrow_limits() -> BatchLimits {
    BatchLimits {
        queue_size: 200,
        ..limits()
    }
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

/// An endpoint that nobody listens at.
async fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// An endpoint that answers no gRPC.
async fn garbled() -> (String, AbortOnDropHandle<()>) {
    server(|mut stream| async move {
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &[0xff; 1024]).await;
    })
    .await
}

/// An endpoint that takes connections and answers nothing.
async fn hung() -> (String, AbortOnDropHandle<()>) {
    server(|stream| async move {
        let _held = stream;
        std::future::pending().await
    })
    .await
}

/// An endpoint of one service.
async fn served(routes: tonic::service::Routes) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = routes.into_axum_router();
    let serve = async move { axum::serve(listener, router).await.unwrap() };
    (endpoint, AbortOnDropHandle::new(tokio::spawn(serve)))
}
