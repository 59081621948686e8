//! Plain HTTP for machines that look after the service: `/livez`, `/readyz` and `/metrics`.

mod bounded;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use grpc_telemetry::Scrape;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::bounded::Bounded;
use crate::readiness::Readiness;

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
    let served = axum::serve(Bounded::new(listener), router)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the HTTP port failed");
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
    headers: HeaderMap,
) -> impl IntoResponse + use<> {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let (content_type, text) = match scrape {
        Some(scrape) => {
            let text = scrape.text(accept);
            (text.content_type, text.body)
        }
        // OpenTelemetry is switched off.
        None => (grpc_telemetry::CONTENT_TYPE, "# EOF\n".to_owned()),
    };
    ([(CONTENT_TYPE, content_type)], text)
}
