//! Metrics as text, by [OpenMetrics] 1.0, or in the format that Prometheus had before it.
//!
//! [OpenMetrics]: https://prometheus.io/docs/specs/om/open_metrics_spec/

mod labels;
mod value;

use std::fmt::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, Histogram, HistogramDataPoint, Metric, MetricData, ResourceMetrics,
};

use self::labels::{Labels, escaped};
use self::value::Number;
use super::exemplars;

/// How the text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus's text, version 0.0.4: without exemplars and units.
    Text,
}

/// All of `metrics`, to their end.
pub(super) fn text(metrics: &ResourceMetrics, format: Format) -> String {
    let mut text = String::new();
    // Writing to a string can't fail.
    let _ = write_all(&mut text, metrics, format);
    if format == Format::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn write_all(text: &mut String, metrics: &ResourceMetrics, format: Format) -> fmt::Result {
    let resource = metrics.resource().iter();
    let resource = resource.map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let (family, kind) = match format {
        Format::OpenMetrics => ("target", "info"),
        Format::Text => ("target_info", "gauge"),
    };
    writeln!(text, "# TYPE {family} {kind}")?;
    writeln!(
        text,
        "# HELP {family} The process, as OpenTelemetry's resource."
    )?;
    write_sample(text, "target_info", &Labels::of(resource), 1)?;
    for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
        match metric.data() {
            AggregatedMetrics::F64(data) => write_metric(text, metric, data, format)?,
            AggregatedMetrics::U64(data) => write_metric(text, metric, data, format)?,
            AggregatedMetrics::I64(data) => write_metric(text, metric, data, format)?,
        }
    }
    Ok(())
}

fn write_metric<T: fmt::Display + Copy>(
    text: &mut String,
    metric: &Metric,
    data: &MetricData<T>,
    format: Format,
) -> fmt::Result {
    let name = name(metric);
    match data {
        MetricData::Gauge(gauge) => {
            write_head(text, &name, "gauge", metric, format)?;
            for point in gauge.data_points() {
                let labels = Labels::of(point.attributes().cloned());
                write_sample(text, &name, &labels, point.value())?;
            }
        }
        MetricData::Sum(sum) => {
            let (kind, suffix) = match sum.is_monotonic() {
                true => ("counter", "_total"),
                false => ("gauge", ""),
            };
            let sample = format!("{name}{suffix}");
            let family = match format {
                Format::OpenMetrics => &name,
                Format::Text => &sample,
            };
            write_head(text, family, kind, metric, format)?;
            for point in sum.data_points() {
                let labels = Labels::of(point.attributes().cloned());
                write_sample(text, &sample, &labels, point.value())?;
            }
        }
        MetricData::Histogram(histogram) => {
            write_head(text, &name, "histogram", metric, format)?;
            let exemplars_of = match format {
                Format::OpenMetrics => Some(metric.name()),
                Format::Text => None,
            };
            write_histogram(text, exemplars_of, &name, histogram)?;
        }
        // Nothing here makes one.
        MetricData::ExponentialHistogram(_) => {}
    }
    Ok(())
}

fn write_histogram<T: fmt::Display + Copy>(
    text: &mut String,
    exemplars_of: Option<&str>,
    name: &str,
    histogram: &Histogram<T>,
) -> fmt::Result {
    for point in histogram.data_points() {
        let labels = Labels::of(point.attributes().cloned());
        write_buckets(text, exemplars_of, name, &labels, point)?;
        write_sample(text, &format!("{name}_sum"), &labels, point.sum())?;
        write_sample(text, &format!("{name}_count"), &labels, point.count())?;
    }
    Ok(())
}

fn write_buckets<T: Copy>(
    text: &mut String,
    exemplars_of: Option<&str>,
    name: &str,
    labels: &Labels,
    point: &HistogramDataPoint<T>,
) -> fmt::Result {
    let has = |label: &KeyValue| point.attributes().any(|it| it == label);
    let exemplars = exemplars_of.map(|metric| exemplars::by_bucket(metric, has));
    let exemplars = exemplars.unwrap_or_default();
    let bounds = point.bounds().chain([f64::INFINITY]);
    let mut count = 0;
    for (bucket, (bound, in_bucket)) in bounds.zip(point.bucket_counts()).enumerate() {
        count += in_bucket;
        write!(text, "{name}_bucket")?;
        labels.write(text, Some(bound))?;
        write!(text, " {count}")?;
        if let Some(Some(exemplar)) = exemplars.get(bucket).filter(|_| in_bucket > 0) {
            let (trace, span) = (exemplar.trace_id, exemplar.span_id);
            let (value, time) = (exemplar.value, unix(exemplar.time));
            write!(
                text,
                " # {{trace_id=\"{trace}\",span_id=\"{span}\"}} {value} {time:.3}"
            )?;
        }
        text.push('\n');
    }
    Ok(())
}

fn write_head(
    text: &mut String,
    name: &str,
    kind: &str,
    metric: &Metric,
    format: Format,
) -> fmt::Result {
    writeln!(text, "# TYPE {name} {kind}")?;
    let unit = unit(metric.unit()).filter(|_| format == Format::OpenMetrics);
    if let Some(unit) = unit {
        writeln!(text, "# UNIT {name} {unit}")?;
    }
    let description = metric.description();
    match format {
        Format::OpenMetrics => writeln!(text, "# HELP {name} {}", escaped(description)),
        // Where a quotation mark stands for itself.
        Format::Text => {
            let description = description.replace('\\', "\\\\").replace('\n', "\\n");
            writeln!(text, "# HELP {name} {description}")
        }
    }
}

fn write_sample(
    text: &mut String,
    name: &str,
    labels: &Labels,
    value: impl fmt::Display,
) -> fmt::Result {
    text.push_str(name);
    labels.write(text, None)?;
    writeln!(text, " {}", Number::of(value))
}

/// The name in Prometheus: with its unit, and without dots.
fn name(metric: &Metric) -> String {
    let mut name = labels::name(metric.name());
    if let Some(unit) = unit(metric.unit()) {
        name.push('_');
        name.push_str(unit);
    }
    name
}

/// A unit of UCUM, as Prometheus names it; what is counted in braces is none.
fn unit(ucum: &str) -> Option<&'static str> {
    match ucum {
        "s" => Some("seconds"),
        "ms" => Some("milliseconds"),
        "By" => Some("bytes"),
        _ => None,
    }
}

fn unix(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests;
