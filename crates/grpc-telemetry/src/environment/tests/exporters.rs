//! `OTEL_*_EXPORTER`: which signals are sent.

use crate::environment::exporters::Exporters;
use crate::environment::{Environment, Signal};

#[test]
fn exporters_are_a_list() {
    let of = |otlp, console, prometheus| Exporters {
        otlp,
        console,
        prometheus,
    };
    let otlp = of(true, false, false);
    let table = [
        (Signal::Traces, "OTEL_TRACES_EXPORTER", "", otlp),
        (
            Signal::Traces,
            "OTEL_TRACES_EXPORTER",
            "otlp, console",
            of(true, true, false),
        ),
        (
            Signal::Traces,
            "OTEL_TRACES_EXPORTER",
            "none",
            of(false, false, false),
        ),
        (Signal::Traces, "OTEL_TRACES_EXPORTER", "zipkin", otlp),
        (Signal::Traces, "OTEL_TRACES_EXPORTER", "prometheus", otlp),
        (Signal::Traces, "OTEL_METRICS_EXPORTER", "none", otlp),
        (
            Signal::Metrics,
            "OTEL_METRICS_EXPORTER",
            "prometheus,otlp",
            of(true, false, true),
        ),
        (
            Signal::Logs,
            "OTEL_LOGS_EXPORTER",
            "console",
            of(false, true, false),
        ),
    ];
    for (signal, name, value, expected) in table {
        let environment = Environment::of(&[(name, value)]);
        assert_eq!(environment.exporters(signal), expected, "{name}={value}");
    }
}

#[test]
fn metrics_and_logs_are_sent_if_it_was_said_where_to_or_that_they_are_to_be() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317");
    let own = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://collector:4317");
    let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://here:4317");
    let otlp = ("OTEL_LOGS_EXPORTER", "otlp");
    let none = ("OTEL_LOGS_EXPORTER", "none");
    let console = ("OTEL_LOGS_EXPORTER", "console");
    let table = [
        (&[][..], [true, false, false]),
        (&[endpoint], [true, true, true]),
        (&[traces], [true, false, false]),
        (&[own], [true, false, true]),
        (&[otlp], [true, false, true]),
        (&[endpoint, none], [true, true, false]),
        (&[endpoint, console], [true, true, false]),
        (&[none], [true, false, false]),
    ];
    for (variables, expected) in table {
        let environment = Environment::of(variables);
        let sent = [Signal::Traces, Signal::Metrics, Signal::Logs]
            .map(|signal| environment.exports_by_otlp(signal));
        assert_eq!(sent, expected, "{variables:?}");
    }
}
