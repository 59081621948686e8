#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Write;

use axum::http::HeaderValue;
use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;

use super::*;

const MAX_BYTES: usize = 1_000_000;

fn gzip(content: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap().into()
}

fn decoded(encoding: &'static str, body: Bytes) -> Result<(), Refused> {
    let value = HeaderValue::from_static(encoding);
    let headers = HeaderMap::from_iter([(CONTENT_ENCODING, value)]);
    let decoded = decode::<ExportTraceServiceRequest>(Format::Protobuf, &headers, body, MAX_BYTES);
    decoded.map(drop)
}

#[test]
fn a_body_may_be_compressed_but_not_without_a_bound() {
    let bomb = gzip(&vec![0; MAX_BYTES + 1]);
    let table = [
        ("gzip", gzip(b""), Ok(())),
        ("identity", Bytes::new(), Ok(())),
        ("gzip", gzip(b"x"), Err(Refused::Malformed)),
        ("gzip", Bytes::from_static(b"x"), Err(Refused::Malformed)),
        ("gzip", bomb, Err(Refused::TooLarge(MAX_BYTES))),
        ("zstd", Bytes::new(), Err(Refused::Encoding)),
    ];
    for (encoding, body, expected) in table {
        assert_eq!(decoded(encoding, body), expected, "{encoding}");
    }
}

#[test]
fn json_has_ids_in_hexadecimal_and_large_numbers_as_text_or_not() {
    let body = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{
        "traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","name":"GET",
        "kind":3,"startTimeUnixNano":"1700000000000000001","endTimeUnixNano":1700000000000000002,
        "attributes":[{"key":"n","value":{"intValue":"7"}}],"new_field":{"x":1}}]}]}]}"#;
    let body = Bytes::from_static(body.as_bytes());
    let request: ExportTraceServiceRequest =
        decode(Format::Json, &HeaderMap::new(), body, MAX_BYTES).unwrap();
    let span = &request.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!(span.trace_id[..2], [0x4b, 0xf9]);
    assert_eq!(span.start_time_unix_nano, 1_700_000_000_000_000_001);
    assert_eq!(span.end_time_unix_nano, 1_700_000_000_000_000_002);
    let value = span.attributes[0].value.clone().unwrap().value;
    assert_eq!(value, Some(Value::IntValue(7)));
}

#[test]
fn json_that_is_nested_too_deeply_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let decoded: Result<ExportTraceServiceRequest, _> =
        decode(Format::Json, &HeaderMap::new(), deep.into(), MAX_BYTES);
    assert_eq!(decoded.err(), Some(Refused::Malformed));
}
