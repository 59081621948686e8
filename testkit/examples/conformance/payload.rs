//! What each response says of its request.

use std::time::Duration;

use http::HeaderMap;
use prost::Message;
use prost_types::Any;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_types::pb;

use crate::metadata;
use crate::proto::conformance_payload::RequestInfo;
use crate::proto::{ConformancePayload, Error};

/// The limit where the caller sets none, which the suite has no place for.
pub(crate) const NO_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest timeout that a case sets.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// `message` with the name of its type.
pub(crate) fn any(name: &str, message: &impl Message) -> Any {
    Any {
        type_url: format!("type.googleapis.com/connectrpc.conformance.v1.{name}"),
        value: message.encode_to_vec(),
    }
}

/// What a response says of a request with these headers.
pub(crate) fn info(headers: &HeaderMap, requests: Vec<Any>) -> RequestInfo {
    let timeout = grpc_telemetry::rpc::timeout_of(headers).filter(|it| *it <= LONGEST);
    RequestInfo {
        request_headers: metadata::to_proto(headers),
        timeout_ms: timeout.and_then(|it| i64::try_from(it.as_millis()).ok()),
        requests,
        connect_get_info: None,
    }
}

/// A payload with `data`.
pub(crate) fn payload(data: Vec<u8>, info: Option<RequestInfo>) -> Option<ConformancePayload> {
    Some(ConformancePayload {
        data,
        request_info: info,
    })
}

/// `error` as a status with `metadata`; one that is the whole response has `info` too.
pub(crate) fn status(error: &Error, info: Option<&RequestInfo>, metadata: MetadataMap) -> Status {
    let mut details = error.details.clone();
    details.extend(info.map(|info| any("ConformancePayload.RequestInfo", info)));
    let code = Code::from(error.code);
    let message = error.message.clone().unwrap_or_default();
    let status = pb::Status {
        code: error.code,
        message: message.clone(),
        details,
    };
    Status::with_details_and_metadata(code, message, status.encode_to_vec().into(), metadata)
}
