//! The part of Jaeger 2 that user-client queries, over the spans that an OTLP receiver
//! really got. What is not Jaeger's own is its storage alone: the spans, the way
//! they came and the form of the responses are as with a Jaeger, which no machine
//! has by itself. `cargo xtask compose-test` queries a real one.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use grpc_telemetry::receiver::{ReceivedSpan, Receiver};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, TracesData};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// An OTLP endpoint, and the query API over what it got. Both stop when dropped.
#[derive(Debug)]
pub struct Jaeger {
    otlp: String,
    url: String,
    server: JoinHandle<()>,
}

impl Jaeger {
    /// Starts it on free ports.
    ///
    /// # Panics
    /// If there are none.
    pub async fn start() -> Self {
        let any = "127.0.0.1:0";
        let receiver = Receiver::bind(any.parse().expect("an address")).await;
        let receiver = receiver.expect("there is a free port");
        let listener = TcpListener::bind(any).await.expect("there is a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let otlp = receiver.endpoint();
        let router = Router::new()
            .route("/api/v3/traces/{id}", get(trace))
            .with_state(Arc::new(receiver));
        let server = async move {
            // It ends with the task.
            let _ = axum::serve(listener, router).await;
        };
        Self {
            otlp,
            url: format!("http://{address}"),
            server: tokio::spawn(server),
        }
    }

    /// The endpoint that programs export to.
    pub fn otlp(&self) -> &str {
        &self.otlp
    }

    /// The URL that `JAEGER_URL` has.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Jaeger {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn trace(
    State(receiver): State<Arc<Receiver>>,
    Path(id): Path<String>,
) -> (StatusCode, String) {
    let all = receiver.spans();
    let of_trace = |it: &&ReceivedSpan| crate::trace::hex(&it.span.trace_id) == id;
    let spans: Vec<&ReceivedSpan> = all.iter().filter(of_trace).collect();
    if spans.is_empty() {
        let error = json!({"error": {"httpCode": 404, "message": "No traces found"}});
        return (StatusCode::NOT_FOUND, error.to_string());
    }
    let result = TracesData {
        resource_spans: spans.into_iter().map(batch).collect(),
    };
    (StatusCode::OK, json!({"result": result}).to_string())
}

/// A batch of one span, as Jaeger returns the spans of several exports.
fn batch(received: &ReceivedSpan) -> ResourceSpans {
    let resource = Resource {
        attributes: received.resource.to_vec(),
        ..Resource::default()
    };
    let scope_spans = ScopeSpans {
        scope: Some((*received.scope).clone()),
        spans: vec![received.span.clone()],
        ..ScopeSpans::default()
    };
    ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![scope_spans],
        ..ResourceSpans::default()
    }
}
