//! Exemplars in an export by OTLP.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::KeyValue;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1 as otlp;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value as ExemplarValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Exemplar as Sent, HistogramDataPoint};

use super::{Exemplar, by_bucket};

/// Adds to the histograms of `request` the exemplars of calls that ended `since` then.
pub(in crate::metrics) fn add(request: &mut ExportMetricsServiceRequest, since: SystemTime) {
    let resources = request.resource_metrics.iter_mut();
    let scopes = resources.flat_map(|it| &mut it.scope_metrics);
    for metric in scopes.flat_map(|it| &mut it.metrics) {
        let Some(Data::Histogram(histogram)) = &mut metric.data else {
            continue;
        };
        for point in &mut histogram.data_points {
            add_to(&metric.name, point, since);
        }
    }
}

fn add_to(metric: &str, point: &mut HistogramDataPoint, since: SystemTime) {
    let has = |label: &KeyValue| point.attributes.iter().any(|it| is_same(it, label));
    let buckets = by_bucket(metric, has);
    let counted = buckets.iter().zip(&point.bucket_counts);
    let counted = counted.filter(|(_, count)| **count > 0);
    let recent = counted
        .filter_map(|(exemplar, _)| exemplar.as_ref())
        .filter(|exemplar| exemplar.time >= since);
    point.exemplars = recent.map(sent).collect();
}

fn is_same(sent: &otlp::KeyValue, label: &KeyValue) -> bool {
    let value = sent.value.as_ref().and_then(|it| it.value.as_ref());
    sent.key == label.key.as_str()
        && match value {
            Some(Value::StringValue(text)) => *text == label.value.as_str(),
            Some(Value::IntValue(number)) => label.value == (*number).into(),
            _ => false,
        }
}

fn sent(exemplar: &Exemplar) -> Sent {
    let since = exemplar.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Sent {
        filtered_attributes: Vec::new(),
        time_unix_nano: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
        span_id: exemplar.span_id.to_bytes().to_vec(),
        trace_id: exemplar.trace_id.to_bytes().to_vec(),
        value: Some(ExemplarValue::AsDouble(exemplar.value)),
    }
}
