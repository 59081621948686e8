//! One trace as Jaeger's query API (version 3) returns it: OTLP in JSON.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, TracesData};
use serde_json::{Value, json};

use super::{Shared, parse};

pub(super) async fn trace(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let Some(id) = parse(&id) else {
        return error(StatusCode::BAD_REQUEST, "the trace id is not valid");
    };
    match shared.live.trace(id) {
        Some(spans) => {
            let result = json!({"result": traces_data(spans)});
            response(StatusCode::OK, &result)
        }
        None => error(StatusCode::NOT_FOUND, "no such trace is kept"),
    }
}

fn error(status: StatusCode, message: &str) -> Response {
    let error = json!({"error": {"httpCode": status.as_u16(), "message": message}});
    response(status, &error)
}

fn response(status: StatusCode, value: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (status, headers, value.to_string()).into_response()
}

/// A batch for each run of spans that came together.
fn traces_data(spans: Vec<ReceivedSpan>) -> TracesData {
    let mut data = TracesData::default();
    let mut before: Option<ReceivedSpan> = None;
    for received in spans {
        let together = before.as_ref().is_some_and(|it| {
            Arc::ptr_eq(&it.resource, &received.resource) && Arc::ptr_eq(&it.scope, &received.scope)
        });
        let last = data.resource_spans.last_mut();
        match last.and_then(|it| it.scope_spans.last_mut()) {
            Some(scoped) if together => scoped.spans.push(received.span.clone()),
            _ => data.resource_spans.push(batch(&received)),
        }
        before = Some(received);
    }
    data
}

fn batch(received: &ReceivedSpan) -> ResourceSpans {
    let scoped = ScopeSpans {
        scope: Some((*received.scope).clone()),
        spans: vec![received.span.clone()],
        ..ScopeSpans::default()
    };
    ResourceSpans {
        resource: Some(Resource {
            attributes: received.resource.to_vec(),
            ..Resource::default()
        }),
        scope_spans: vec![scoped],
        ..ResourceSpans::default()
    }
}
