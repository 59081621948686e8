//! Plain HTTP for machines that look after the service: `/livez`, `/readyz` and `/metrics`.

use std::io::{self, Write};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use grpc_common::accepts_gzip;
use grpc_telemetry::Scrape;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::readiness::Readiness;
use crate::server::{ConnectionLimits, Eviction, Server, Shutdown};

/// How long a response may still take when the port is to close.
const GRACE: Duration = Duration::from_secs(10);

/// Serves the probes and the metrics that `scrape` reads, if there are any, on
/// `listener` until `stop`.
pub async fn serve(
    listener: TcpListener,
    readiness: Readiness,
    scrape: Option<Scrape>,
    stop: CancellationToken,
) {
    let router = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz).with_state(readiness))
        .route("/metrics", get(metrics).with_state(scrape));
    let mut shutdown = Shutdown::new(GRACE);
    shutdown.stop = stop;
    Server::new(listener, router, limits())
        .serve_http1(shutdown)
        .await;
}

/// Probes and scrapes are a handful of connections, of a few addresses.
fn limits() -> ConnectionLimits {
    ConnectionLimits {
        total: 128,
        per_address: 32,
        eviction: Eviction::Any,
        handshake: Duration::from_secs(5),
        idle: Duration::from_secs(120),
        grace: GRACE,
        ..ConnectionLimits::default()
    }
}

/// The process runs and its runtime turns. Says nothing of what it depends on:
/// a restart would not mend that.
async fn livez() -> &'static str {
    "alive\n"
}

/// Whether calls should be sent here.
async fn readyz(State(readiness): State<Readiness>) -> (StatusCode, &'static str) {
    match readiness.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}

async fn metrics(
    State(scrape): State<Option<Scrape>>,
    received: HeaderMap,
) -> (HeaderMap, Vec<u8>) {
    let accept = received.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let (content_type, text) = match scrape {
        Some(scrape) => {
            let text = scrape.text(accept);
            (text.content_type, text.body)
        }
        // OpenTelemetry is switched off.
        None => (grpc_telemetry::CONTENT_TYPE, "# EOF\n".to_owned()),
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    let text = text.into_bytes();
    match compressed(&received, &text) {
        Some(compressed) => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            (headers, compressed)
        }
        None => (headers, text),
    }
}

/// `text` by gzip, if the caller accepts that, as Prometheus does: a tenth of the bytes.
fn compressed(received: &HeaderMap, text: &[u8]) -> Option<Vec<u8>> {
    if !accepts_gzip(received, &ACCEPT_ENCODING) {
        return None;
    }
    let compress = || -> io::Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text)?;
        encoder.finish()
    };
    compress().ok()
}
