//! Statuses as JSON: `google.rpc.Status` as AIP-193 has it, or RFC 9457.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use grpc_telemetry::rpc::code_name;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{StatusExt, pb};

use super::Failure;
use super::form::{ErrorForm, PROBLEM};
use crate::metadata;
use crate::web_text::WebEncoding;

/// Writes statuses, whose details are of the types that it knows.
#[derive(Clone, Debug)]
pub(crate) struct Renderer(pub(crate) DescriptorPool);

impl Renderer {
    /// The response that says `failure`.
    pub(crate) fn response(&self, failure: &Failure, form: ErrorForm) -> Response<Body> {
        let (status, http) = (&*failure.status, failure.http());
        let (media_type, json) = match form {
            ErrorForm::Status => ("application/json", self.status(status, http)),
            ErrorForm::Problem => (PROBLEM, problem(status, http)),
            ErrorForm::Connect => ("application/json", self.connect(failure)),
            ErrorForm::GrpcWeb(encoding) => return grpc_web(failure, encoding),
        };
        let text = format!("{json}\n");
        let mut response = Response::new(Body::new(http_body_util::Full::from(text)));
        *response.status_mut() = http;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        if form == ErrorForm::Connect {
            headers.extend(metadata::application(status.metadata().as_ref()));
        }
        if let Some(allow) = &failure.allow {
            headers.insert(ALLOW, allow.clone());
        }
        if let Some(seconds) = retry_after(status) {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if status.code() == Code::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    /// `status` as AIP-193 has it: with the status of HTTP as the number.
    pub(crate) fn status(&self, status: &Status, http: StatusCode) -> Value {
        json!({"error": {
            "code": http.as_u16(),
            "message": status.message(),
            "status": code_name(status.code()),
            "details": self.details(status),
        }})
    }

    /// `failure` as Connect has it.
    pub(crate) fn connect(&self, failure: &Failure) -> Value {
        let status = &*failure.status;
        let decoded = pb::Status::decode(status.details()).unwrap_or_default();
        let detail = |detail: &prost_reflect::prost_types::Any| {
            json!({
                "type": detail.type_url.rsplit('/').next(),
                "value": STANDARD_NO_PAD.encode(&detail.value),
                "debug": self.detail(&detail.type_url, &detail.value),
            })
        };
        // Connect spells one of them in its own way.
        let code = match failure.rpc.unwrap_or_else(|| status.code()) {
            Code::Cancelled => "canceled".to_owned(),
            code => code_name(code).to_ascii_lowercase(),
        };
        let details: Vec<_> = decoded.details.iter().map(detail).collect();
        json!({"code": code, "message": status.message(), "details": details})
    }

    fn details(&self, status: &Status) -> Vec<Value> {
        let decoded = pb::Status::decode(status.details()).unwrap_or_default();
        let details = decoded.details.iter();
        details
            .map(|detail| self.detail(&detail.type_url, &detail.value))
            .collect()
    }

    fn detail(&self, type_url: &str, value: &[u8]) -> Value {
        let name = type_url.rsplit('/').next().unwrap_or_default();
        let descriptor = self.0.get_message_by_name(name);
        let message = descriptor.and_then(|it| DynamicMessage::decode(it, value).ok());
        match message.map(serde_json::to_value) {
            Some(Ok(Value::Object(mut fields))) => {
                fields.insert("@type".to_owned(), type_url.into());
                Value::Object(fields)
            }
            _ => json!({"@type": type_url, "value": STANDARD.encode(value)}),
        }
    }
}

/// `failure` as gRPC-Web has it where there is no message.
fn grpc_web(failure: &Failure, encoding: WebEncoding) -> Response<Body> {
    let mut response = match failure.rpc {
        Some(code) => Status::new(code, failure.status.message()).into_http(),
        None => failure.status.clone().into_http(),
    };
    let media_type = encoding.media_type();
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// `status` as RFC 9457 has it, with members of its own.
fn problem(status: &Status, http: StatusCode) -> Value {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|it| &it.field_violations);
    let violation = |it: &tonic_types::FieldViolation| json!({"field": it.field, "description": it.description});
    json!({
        "type": "about:blank",
        "title": http.canonical_reason().unwrap_or("Client Closed Request"),
        "status": http.as_u16(),
        "detail": status.message(),
        "code": code_name(status.code()),
        "reason": details.error_info().map(|it| it.reason.clone()),
        "traceId": details.request_info().map(|it| it.request_id.clone()),
        "errors": violations.into_iter().flatten().map(violation).collect::<Vec<_>>(),
    })
}

/// What `RetryInfo` says, in seconds, rounded up: a moment too early would be refused again.
fn retry_after(status: &Status) -> Option<u64> {
    let delay = status.get_details_retry_info()?.retry_delay?;
    let more = u64::from(delay.subsec_nanos() > 0);
    Some(delay.as_secs() + more)
}
