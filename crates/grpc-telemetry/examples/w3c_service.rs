//! A service for the test suite of W3C Trace Context: it does the calls that it is asked to do,
//! through the same layers as a gRPC service.
//!
//! ```text
//! OTEL_TRACES_EXPORTER=none cargo run -p grpc-telemetry --example w3c_service
//! git clone https://github.com/w3c/trace-context && cd trace-context/test && pip install aiohttp
//! SPEC_LEVEL=2 python3 test.py http://127.0.0.1:5000/test
//! ```

use std::error::Error;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::post;
use grpc_telemetry::rpc::MeteredBody;
use grpc_telemetry::{LogTarget, Propagator};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use opentelemetry::trace::{SpanKind, TraceContextExt, Tracer};
use opentelemetry::{Context, global};
use serde_json::Value;
use tonic::body::Body;
use tower::{ServiceBuilder, ServiceExt};

type BoxError = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let telemetry = grpc_telemetry::builder("w3c-service", env!("CARGO_PKG_VERSION"))
        .from_env()
        .with_log_filter("warn")
        .with_log_target(LogTarget::Stderr)
        .install()?;
    let propagator = telemetry.propagator();
    let stack = ServiceBuilder::new()
        .layer(telemetry.server(&[tonic_health::pb::FILE_DESCRIPTOR_SET])?)
        .service_fn(move |request| serve(request, propagator));
    let serve = |request: Request| async move {
        match stack.oneshot(request).await {
            Ok(response) => response.map(axum::body::Body::new),
            Err(status) => (StatusCode::BAD_REQUEST, status.to_string()).into_response(),
        }
    };
    let router = Router::new().route("/test", post(serve));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:5000").await?;
    axum::serve(listener, router)
        .with_graceful_shutdown(async { tokio::signal::ctrl_c().await.unwrap_or_default() })
        .await?;
    telemetry.shutdown().await;
    Ok(())
}

/// The body is a list of `{"url": …, "arguments": …}`: what to call, and with which body.
async fn serve(
    request: http::Request<MeteredBody<axum::body::Body>>,
    propagator: Propagator,
) -> Result<Response<Body>, BoxError> {
    let body = request.into_body().collect().await?.to_bytes();
    let calls: Vec<Value> = serde_json::from_slice(&body)?;
    let client = reqwest::Client::new();
    for call in calls {
        let url = call["url"].as_str().unwrap_or_default();
        let request = client
            .post(url)
            .headers(headers_of_a_call(propagator))
            .header("content-type", "application/json")
            .body(call["arguments"].to_string());
        request.send().await?;
    }
    Ok(Response::new(Body::empty()))
}

fn headers_of_a_call(propagator: Propagator) -> HeaderMap {
    let tracer = global::tracer("w3c-service");
    let builder = tracer.span_builder("call").with_kind(SpanKind::Client);
    let context = Context::current_with_span(builder.start(&tracer));
    let mut headers = HeaderMap::new();
    propagator.inject(&context, &mut headers);
    headers
}
