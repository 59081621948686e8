//! Exports over HTTP go to the configured endpoint, and nowhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use axum::Router;
use axum::response::Redirect;
use prost::bytes::Bytes;
use tokio::runtime::Handle;

use super::*;
use crate::environment::Environment;

async fn http(router: Router) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serve = async move { axum::serve(listener, router).await.unwrap() };
    (endpoint, AbortOnDropHandle::new(tokio::spawn(serve)))
}

#[tokio::test]
async fn redirect_is_a_failed_export_and_another_host_gets_nothing() {
    crate::use_ring();
    let reached = Arc::new(AtomicBool::new(false));
    let of_other = Arc::clone(&reached);
    let other = Router::new().fallback(move || async move { of_other.store(true, SeqCst) });
    let (other, _other) = http(other).await;
    let (endpoint, _first) =
        http(Router::new().fallback(move || async move { Redirect::temporary(&other) })).await;
    let environment = Environment::of(&[
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
    ]);
    let destination = Destination::of(&environment, Signal::Traces, false);
    let reporter = Reporter::new(&destination);
    let sender = Sender::start(&destination, reporter, &Handle::current()).unwrap();

    sender.send(Bytes::new()).await.unwrap_err();

    assert!(!reached.load(SeqCst));
}
