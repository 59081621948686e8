//! A service for the test suite of W3C Trace Context: it does the calls that it is asked to do,
//! through the same interceptors and layers as a gRPC service.
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
use grpc_telemetry::interceptor::{self, Extract, Trust};
use grpc_telemetry::rpc::{MeteredBody, ServerTraceLayer};
use grpc_telemetry::{LogFormat, LogTarget, Options};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use opentelemetry::trace::{SpanKind, TraceContextExt, Tracer};
use opentelemetry::{Context, global};
use serde_json::Value;
use tonic::Status;
use tonic::body::Body;
use tonic::service::InterceptorLayer;
use tower::{ServiceBuilder, ServiceExt};

type BoxError = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let telemetry = grpc_telemetry::init(Options {
        service_name: "w3c-service",
        service_version: env!("CARGO_PKG_VERSION"),
        endpoint: None,
        retry_exports: false,
        log_filter: "warn".to_owned(),
        log_format: LogFormat::Pretty,
        log_target: LogTarget::Stderr,
    })?;
    let stack = ServiceBuilder::new()
        .layer(InterceptorLayer::new(Extract::new(Trust::Always, [])))
        .layer(ServerTraceLayer::new([]))
        .service_fn(serve);
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
) -> Result<Response<Body>, BoxError> {
    let body = request.into_body().collect().await?.to_bytes();
    let calls: Vec<Value> = serde_json::from_slice(&body)?;
    let client = reqwest::Client::new();
    for call in calls {
        let url = call["url"].as_str().unwrap_or_default();
        let request = client
            .post(url)
            .headers(headers_of_a_call()?)
            .header("content-type", "application/json")
            .body(call["arguments"].to_string());
        request.send().await?;
    }
    Ok(Response::new(Body::empty()))
}

fn headers_of_a_call() -> Result<HeaderMap, Status> {
    let tracer = global::tracer("w3c-service");
    let builder = tracer.span_builder("call").with_kind(SpanKind::Client);
    let _current = Context::current_with_span(builder.start(&tracer)).attach();
    let request = interceptor::inject(tonic::Request::new(()))?;
    Ok(request.metadata().clone().into_headers())
}
