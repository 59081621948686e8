//! Log records as OTLP has them.

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_sdk::logs::{LogBatch, SdkLogRecord};
use prost::Message;
use prost::bytes::Bytes;

/// A log record, and the scope that it is sent under.
pub(super) type Scoped = (SdkLogRecord, InstrumentationScope);

/// An encoded `ExportLogsServiceRequest` with all of `records`.
pub(super) fn request(resource: &ResourceAttributesWithSchema, records: &[Scoped]) -> Bytes {
    let records: Vec<_> = records
        .iter()
        .map(|(record, scope)| (record, scope))
        .collect();
    let batch = LogBatch::new(&records);
    let request = ExportLogsServiceRequest {
        resource_logs: group_logs_by_resource_and_scope(&batch, resource),
    };
    request.encode_to_vec().into()
}
