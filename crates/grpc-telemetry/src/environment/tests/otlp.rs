//! `OTEL_EXPORTER_OTLP_*`: where signals are sent, and how.

use std::time::Duration;

use crate::environment::{Environment, OtlpProtocol, Signal};

#[test]
fn endpoints_over_http_get_the_path_of_their_signal_and_a_scheme() {
    let all = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let own = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let table = [
        (all, "", "http://localhost:4318/v1/traces"),
        (all, "http://h/otlp?key=1", "http://h/otlp/v1/traces"),
        (all, "http://h/otlp/", "http://h/otlp/v1/traces"),
        (all, "localhost:4318", "https://localhost:4318/v1/traces"),
        (own, "http://ada:pw@h/own", "http://h/own"),
        (own, "h:4318", "https://h:4318"),
    ];
    for (name, value, expected) in table {
        let endpoint = Environment::of(&[(name, value)]).http_endpoint(Signal::Traces);
        assert_eq!(endpoint, expected, "{name}={value}");
    }
    let insecure = ("OTEL_EXPORTER_OTLP_INSECURE", "true");
    let environment = Environment::of(&[(all, "localhost:4318"), insecure]);
    let endpoint = environment.http_endpoint(Signal::Logs);
    assert_eq!(endpoint, "http://localhost:4318/v1/logs");
}

#[test]
fn no_export_has_a_limit_of_zero() {
    let table = [("0", 10_000), ("7", 7), ("x", 10_000)];
    for (value, expected) in table {
        let environment = Environment::of(&[("OTEL_EXPORTER_OTLP_TIMEOUT", value)]);
        let limit = environment.export_limit(Signal::Logs);
        assert_eq!(limit.as_millis(), expected, "{value}");
    }
}

#[test]
fn http_json_becomes_http_protobuf_and_says_so() {
    let name = "OTEL_EXPORTER_OTLP_PROTOCOL";
    let environment = Environment::of(&[(name, "http/json")]);
    let protocol = environment.otlp_protocol(Signal::Metrics);
    assert_eq!(protocol, OtlpProtocol::HttpProtobuf);
    let said = "OTEL_EXPORTER_OTLP_PROTOCOL: http/json is not spoken here; http/protobuf applies";
    assert_eq!(environment.warnings(), [said]);
}

#[test]
fn an_endpoint_that_is_none_is_replaced_by_the_default() {
    let table = [
        ("http://localhost:4317", None),
        ("https://collector.example/otlp", None),
        ("collector:4317", None),
        ("http://", Some("http://localhost:4317")),
        ("not a url", Some("http://localhost:4317")),
        ("ftp://collector", Some("http://localhost:4317")),
    ];
    for (value, expected) in table {
        let environment = Environment::of(&[("OTEL_EXPORTER_OTLP_ENDPOINT", value)]);
        let replaced = environment.endpoint_override(Signal::Traces, OtlpProtocol::Grpc);
        assert_eq!(replaced.as_deref(), expected, "{value}");
    }
}

#[test]
fn parts_of_an_endpoint_that_may_be_secret_are_neither_shown_nor_sent() {
    let table = [
        ("http://ada:secret@c:1/x", "http://c:1/x"),
        ("http://c:1/x?token=secret", "http://c:1/x"),
        ("https://secret@c#secret", "https://c"),
        ("ada:secret@c:1", "c:1"),
    ];
    for (value, expected) in table {
        let environment = Environment::of(&[("OTEL_EXPORTER_OTLP_ENDPOINT", value)]);
        let sent = environment.endpoint_override(Signal::Traces, OtlpProtocol::Grpc);
        assert_eq!(sent.as_deref(), Some(expected), "{value}");
        let shown = environment.endpoint(Signal::Traces, OtlpProtocol::Grpc);
        assert_eq!(shown, expected, "{value}");
        let warnings = environment.warnings();
        assert_eq!(warnings.len(), 1, "{value}");
        assert!(!warnings[0].contains("secret"), "{warnings:?}");
    }
}

#[test]
fn what_is_said_of_traces_goes_before_what_is_said_of_all_signals() {
    let all = [
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "tenant=a%20b, no header=1,key = c",
        ),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "7"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "TRUE"),
    ];
    let of_all = Environment::of(&all).traces_transport();
    let headers: Vec<_> = of_all.headers.iter().collect();
    let sent = [("key", "c"), ("tenant", "a b")];
    assert_eq!(headers.len(), sent.len());
    for (name, value) in sent {
        assert_eq!(of_all.headers[name], value);
    }
    assert!(of_all.gzip && of_all.insecure);
    assert_eq!(of_all.limit, Duration::from_millis(7));

    let own = [
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "tenant=c"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "8"),
        ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "false"),
    ];
    let of_traces = Environment::of(&[all.as_slice(), &own].concat()).traces_transport();
    assert_eq!(of_traces.headers["tenant"], "c");
    assert_eq!(of_traces.headers.len(), 1);
    assert!(!of_traces.gzip && !of_traces.insecure);
    assert_eq!(of_traces.limit, Duration::from_millis(8));
}
