//! The rules of metrics.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};

use super::registry::{MetricFacts, REGISTRY};

/// Metrics in namespaces of the conventions for which these have no name.
const OURS: [&str; 16] = [
    "otel.sdk.span.ended",
    "process.start_time",
    "rpc.client.call.active",
    "rpc.client.call.started",
    "rpc.client.attempt.started",
    "rpc.client.attempt.duration",
    "rpc.client.io.received",
    "rpc.client.io.sent",
    "rpc.client.messages.received",
    "rpc.client.messages.sent",
    "rpc.server.call.active",
    "rpc.server.call.started",
    "rpc.server.io.received",
    "rpc.server.io.sent",
    "rpc.server.messages.received",
    "rpc.server.messages.sent",
];

/// What is wrong with a metric: a sentence for each rule that it breaks.
pub fn violations_of_metric(metric: &Metric) -> Vec<String> {
    let name = metric.name.as_str();
    let mut found = match REGISTRY.metrics.get(name) {
        Some(facts) => of_facts(metric, facts),
        None if REGISTRY.covers(name) && !OURS.contains(&name) => {
            vec!["it is not in the registry".to_owned()]
        }
        None => Vec::new(),
    };
    let attributes = points(metric).into_iter().flatten();
    found.extend(attributes.filter_map(|it| REGISTRY.attribute(it)));
    found.sort();
    found.dedup();
    let found = found.into_iter();
    found.map(|rule| format!("{name}: {rule}")).collect()
}

fn of_facts(metric: &Metric, facts: &MetricFacts) -> Vec<String> {
    let (instrument, value_type) = kind(metric);
    let mut found = Vec::new();
    let mut same = |what: &str, is: &str, right: &str| {
        if is != right {
            found.push(format!("its {what} is {is}, not {right}"));
        }
    };
    same("instrument", instrument, facts.instrument);
    same("unit", &metric.unit, facts.unit);
    // Every histogram of OTLP has a sum of its own type.
    if instrument != "histogram" {
        same("value type", value_type, facts.value_type);
    }
    for attributes in points(metric) {
        found.extend(facts.attributes.missing(attributes));
        let others = attributes
            .iter()
            .filter(|it| REGISTRY.covers(&it.key) && !facts.attributes.contains(&it.key));
        found.extend(others.map(|it| format!("it does not have {}", it.key)));
    }
    found
}

/// The instrument and the type of the values.
fn kind(metric: &Metric) -> (&'static str, &'static str) {
    match &metric.data {
        Some(Data::Gauge(gauge)) => ("gauge", value_type(&gauge.data_points)),
        Some(Data::Sum(sum)) if sum.is_monotonic => ("counter", value_type(&sum.data_points)),
        Some(Data::Sum(sum)) => ("updowncounter", value_type(&sum.data_points)),
        Some(Data::Histogram(_)) => ("histogram", "double"),
        _ => ("another", "none"),
    }
}

fn value_type(points: &[NumberDataPoint]) -> &'static str {
    match points.first().and_then(|point| point.value) {
        Some(Value::AsInt(_)) => "int",
        Some(Value::AsDouble(_)) => "double",
        None => "none",
    }
}

/// The attributes of each data point.
fn points(metric: &Metric) -> Vec<&[KeyValue]> {
    match &metric.data {
        Some(Data::Gauge(gauge)) => of_numbers(&gauge.data_points),
        Some(Data::Sum(sum)) => of_numbers(&sum.data_points),
        Some(Data::Histogram(histogram)) => {
            let points = histogram.data_points.iter();
            points.map(|it| &it.attributes[..]).collect()
        }
        _ => Vec::new(),
    }
}

fn of_numbers(points: &[NumberDataPoint]) -> Vec<&[KeyValue]> {
    points.iter().map(|it| &it.attributes[..]).collect()
}
