//! `Status`, which is `google.rpc.Status` for one item of a stream.

use std::collections::HashMap;

use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer, required};
use prost::Message;
use tonic_types::{ErrorDetails, RpcStatusExt, Status, StatusExt};

/// The detail with the word for programs.
const REASON: &str = "reason";
/// The detail with the id of the trace.
const TRACE_ID: &str = "trace_id";
/// `ErrorInfo.domain` of all errors of this service.
const DOMAIN: &str = "user.v1";

/// A status that is written.
pub(super) struct Outgoing<'a>(pub(super) &'a Status);

impl Encode for Outgoing<'_> {
    fn encode(&self, writer: &mut Writer<'_>) {
        let Self(status) = self;
        writer.i32_field(1, status.code);
        writer.string_field(2, &status.message);
        let details = details(status);
        if details.is_empty() {
            return;
        }
        writer.field(3, Type::Map);
        writer.map(Type::String, Type::String, details.len());
        for (key, value) in details {
            writer.string(key);
            writer.string(&value);
        }
    }
}

/// What a Thrift client gets of the details.
fn details(status: &Status) -> Vec<(&'static str, String)> {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone());
    let trace = details.request_info().map(|info| info.request_id.clone());
    let pairs = [(REASON, reason), (TRACE_ID, trace)].into_iter();
    pairs
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
}

/// A status that was read.
pub(super) struct Incoming(pub(super) Status);

impl Decode for Incoming {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut code, mut message) = (None, None);
        let mut details = HashMap::new();
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::I32) => code = Some(reader.i32()?),
                (2, Type::String) => message = Some(reader.string()?),
                (3, Type::Map) => {
                    for _ in 0..reader.map(Type::String, Type::String)? {
                        let key = reader.string()?.to_owned();
                        details.insert(key, reader.string()?.to_owned());
                    }
                }
                _ => reader.skip(field.kind)?,
            }
        }
        let (code, message) = (required(code, "code")?, required(message, "message")?);
        Ok(Self(status(code, message, details)))
    }
}

fn status(code: i32, message: &str, mut extra: HashMap<String, String>) -> Status {
    let mut details = ErrorDetails::new();
    if let Some(trace) = extra.remove(TRACE_ID) {
        details.set_request_info(trace, "");
    }
    if let Some(reason) = extra.remove(REASON) {
        details.set_error_info(reason, DOMAIN, extra);
    }
    let status = tonic::Status::with_error_details(code.into(), message, details);
    let details = Status::decode(status.details()).unwrap_or_default().details;
    Status {
        code,
        message: message.to_owned(),
        details,
    }
}

#[cfg(test)]
mod tests {
    use kitex_codec::thrift::{decode, encode};

    use super::*;

    #[test]
    fn a_status_keeps_its_reason_and_its_trace() {
        let details = [(REASON, "EMAIL_TAKEN"), (TRACE_ID, "4bf92f35")];
        let details = details.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let taken = status(6, "the address is taken", HashMap::from(details));
        let again = decode(&encode(&Outgoing(&taken)));
        assert_eq!(again.map(|Incoming(status)| status), Ok(taken.clone()));
        let info = taken.get_error_details();
        let reason = info.error_info().map(|info| info.reason.as_str());
        assert_eq!(reason, Some("EMAIL_TAKEN"));
    }

    #[test]
    fn a_status_without_details_has_no_map() {
        let bare = status(13, "it failed", HashMap::new());
        let bytes = encode(&Outgoing(&bare));
        assert!(bytes.ends_with(b"it failed\0"));
        let again = decode(&bytes).map(|Incoming(status)| status);
        assert_eq!(again, Ok(bare));
    }
}
