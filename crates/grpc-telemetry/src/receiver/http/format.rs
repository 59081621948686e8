//! The two encodings of a body, and responses in them.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use prost::Message;
use serde::Serialize;
use serde_json::json;
use tonic::Code;

use super::decode::Refused;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

impl Format {
    /// That of a request. Only these two: a page of another site can't send them without the
    /// preflight request that this receiver doesn't allow.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let media_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        match media_type.split(';').next()?.trim() {
            "application/x-protobuf" => Some(Self::Protobuf),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }

    pub(super) fn success(self, message: &(impl Message + Serialize)) -> Response {
        let body = match self {
            Self::Protobuf => message.encode_to_vec(),
            Self::Json => serde_json::to_vec(message).unwrap_or_default(),
        };
        self.response(StatusCode::OK, body)
    }

    /// A `google.rpc.Status`, as the specification wants it for every failure.
    pub(super) fn refusal(self, refused: &Refused) -> Response {
        let (code, message) = (Code::InvalidArgument as i32, refused.to_string());
        let body = match self {
            Self::Json => json!({"code": code, "message": message})
                .to_string()
                .into_bytes(),
            Self::Protobuf => tonic_types::Status {
                code,
                message,
                details: Vec::new(),
            }
            .encode_to_vec(),
        };
        self.response(refused.status(), body)
    }

    fn response(self, status: StatusCode, body: Vec<u8>) -> Response {
        let media_type = match self {
            Self::Protobuf => HeaderValue::from_static("application/x-protobuf"),
            Self::Json => HeaderValue::from_static("application/json"),
        };
        (status, [(CONTENT_TYPE, media_type)], body).into_response()
    }
}
