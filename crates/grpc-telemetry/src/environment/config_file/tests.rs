//! Files as people write them.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::environment::{OtlpProtocol, Signal};

/// What the file `text` comes to, with some variables.
fn of(text: &str) -> Result<Environment, String> {
    let environment = Environment::of(&[
        ("COLLECTOR", "https://collector:4318"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("TRACE_KEEP", "error"),
    ]);
    let text = format!("file_format: \"1.0\"\n{text}");
    environment
        .of_file(&text)
        .map_err(|error| error.to_string())
}

const WHOLE: &str = r#"
disabled: false
resource:
  attributes:
    - name: service.name
      value: orders
    - name: deployment.environment.name
      value: a,b
      type: string
  attributes_list: team=users
propagator:
  composite:
    - tracecontext:
    - baggage:
tracer_provider:
  processors:
    - batch:
        schedule_delay: ${DELAY:-700}
        exporter:
          otlp_http:
            endpoint: ${COLLECTOR}/v1/traces
            compression: gzip
            headers:
              - name: api-key
                value: a=b
            tls:
              ca_file: /etc/ca.pem
    - simple:
        exporter:
          console:
  limits:
    event_count_limit: 7
  sampler:
    parent_based:
      root:
        trace_id_ratio_based:
          ratio: 0.25
      remote_parent_sampled:
        always_on:
meter_provider:
  readers:
    - periodic:
        interval: 1000
        exporter:
          otlp_grpc:
            endpoint: http://collector:4317
            temporality_preference: delta
"#;

#[test]
fn a_file_says_what_variables_say_otherwise_and_they_say_nothing() {
    let environment = of(WHOLE).unwrap();

    assert_eq!(environment.warnings(), [""; 0]);
    let traces = environment.exporters(Signal::Traces);
    assert!(traces.otlp && traces.console);
    assert_eq!(
        environment.otlp_protocol(Signal::Traces),
        OtlpProtocol::HttpProtobuf
    );
    assert_eq!(
        environment.otlp_protocol(Signal::Metrics),
        OtlpProtocol::Grpc
    );
    let transport = environment.otlp_transport(Signal::Traces);
    assert!(transport.gzip);
    assert_eq!(transport.headers["api-key"], "a=b");
    assert_eq!(transport.tls.ca, Some("/etc/ca.pem".into()));
    let expected = [
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            Some("https://collector:4318/v1/traces"),
        ),
        ("OTEL_BSP_SCHEDULE_DELAY", Some("700")),
        ("OTEL_TRACES_SAMPLER", Some("parentbased_traceidratio")),
        ("OTEL_TRACES_SAMPLER_ARG", Some("0.25")),
        ("OTEL_PROPAGATORS", Some("tracecontext,baggage")),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", Some("7")),
        ("OTEL_LOGS_EXPORTER", Some("none")),
        ("TRACE_KEEP", Some("error")),
        ("OTEL_CONFIG_FILE", None),
    ];
    for (name, value) in expected {
        assert_eq!(environment.get(name), value, "{name}");
    }
    let attributes = environment.resource_attributes();
    let of = |key: &str| {
        let found = attributes.iter().rfind(|it| it.key.as_str() == key);
        found.map(|it| it.value.to_string()).unwrap_or_default()
    };
    assert_eq!(of("service.name"), "orders");
    assert_eq!(of("deployment.environment.name"), "a,b");
    assert_eq!(of("team"), "users");
}

#[test]
fn a_file_without_exporters_exports_nothing() {
    let environment = of("").unwrap();
    for signal in [Signal::Traces, Signal::Metrics, Signal::Logs] {
        assert!(!environment.exports_by_otlp(signal), "{signal:?}");
    }
}

#[test]
fn what_is_not_supported_is_refused_by_its_name() {
    let table = [
        (
            "meter_provider: {views: [{selector: {instrument_name: a}}]}",
            "meter_provider.views.selector.instrument_name is not supported",
        ),
        (
            "tracer_provider: {sampler: {jaeger_remote: {endpoint: a}}}",
            "tracer_provider.sampler.jaeger_remote.endpoint is not supported",
        ),
        (
            "tracer_provider: {processors: [{batch: {exporter: {zipkin: }}}]}",
            "tracer_provider.processors.batch.exporter.zipkin is not supported",
        ),
        (
            "tracer_provider: {processors: [{batch: {schedule_delay: soon}}]}",
            "tracer_provider.processors.batch.schedule_delay must be a whole number above 0",
        ),
        (
            "propagator: {composite: [{jaeger: }]}",
            "propagator.composite.jaeger must be a list of tracecontext, baggage, b3, none",
        ),
        (
            "log_level: ${LEVEL",
            "log_level has a ${…} that is not understood",
        ),
        ("a: [b", "the file is not YAML"),
        (
            "tracer_provider: {processors: [{batch: {schedule_delay: 1}}, {batch: {schedule_delay: 2}}]}",
            "tracer_provider.processors.batch.schedule_delay is set twice, or contradicts another key",
        ),
    ];
    for (text, expected) in table {
        let said = of(text).err().unwrap_or_default();
        assert_eq!(said, format!("OTEL_CONFIG_FILE: {expected}"), "{text}");
    }
}

#[test]
fn the_format_has_to_be_known() {
    for format in ["", "file_format: \"0.3\"", "file_format: \"2.0\""] {
        let said = Environment::default().of_file(format).err().unwrap();
        assert!(said.to_string().contains("file_format must be"), "{format}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let environment = Environment::of(&[("OTEL_CONFIG_FILE", "/nowhere/otel.yaml")]);
    let said = environment.with_file().err().unwrap().to_string();
    assert!(said.contains("/nowhere/otel.yaml"), "{said}");
}
