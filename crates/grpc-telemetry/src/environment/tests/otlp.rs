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
fn invalid_endpoint_falls_back_to_the_default() {
    let table = [
        ("http://localhost:4317", "http://localhost:4317"),
        (
            "https://collector.example/otlp",
            "https://collector.example/otlp",
        ),
        ("collector:4317", "collector:4317"),
        ("http://", "http://localhost:4317"),
        ("not a url", "http://localhost:4317"),
        ("ftp://collector", "http://localhost:4317"),
    ];
    for (value, expected) in table {
        let environment = Environment::of(&[("OTEL_EXPORTER_OTLP_ENDPOINT", value)]);
        let endpoint = environment.grpc_endpoint(Signal::Traces);
        assert_eq!(endpoint, expected, "{value}");
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
        let endpoint = environment.grpc_endpoint(Signal::Traces);
        assert_eq!(endpoint, expected, "{value}");
        let warnings = environment.warnings();
        assert_eq!(warnings.len(), 1, "{value}");
        assert!(!warnings[0].contains("secret"), "{warnings:?}");
    }
}

#[test]
fn variables_of_traces_override_those_of_all_signals() {
    let all = [
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "tenant=a%20b, no header=1,key = c",
        ),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "7"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "TRUE"),
    ];
    let of_all = Environment::of(&all).otlp_transport(Signal::Traces);
    let headers: Vec<_> = of_all.headers.iter().collect();
    let sent = [("key", "c"), ("tenant", "a b")];
    assert_eq!(headers.len(), sent.len());
    for (name, value) in sent {
        assert_eq!(of_all.headers[name], value);
    }
    assert!(of_all.gzip && of_all.insecure);
    let limit = Environment::of(&all).export_limit(Signal::Traces);
    assert_eq!(limit, Duration::from_millis(7));

    let own = [
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "tenant=c"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "8"),
        ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "false"),
    ];
    let environment = Environment::of(&[all.as_slice(), &own].concat());
    let of_traces = environment.otlp_transport(Signal::Traces);
    assert_eq!(of_traces.headers["tenant"], "c");
    assert_eq!(of_traces.headers.len(), 1);
    assert!(!of_traces.gzip && !of_traces.insecure);
    let limit = environment.export_limit(Signal::Traces);
    assert_eq!(limit, Duration::from_millis(8));
}

#[test]
fn files_of_tls_are_those_of_the_signal_or_else_of_all() {
    let environment = Environment::of(&[
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/all/ca"),
        ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "/logs/ca"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
            "/metrics/crt",
        ),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/all/key"),
    ]);
    let files = |signal| {
        let files = environment.otlp_transport(signal).tls;
        [files.ca, files.certificate, files.key].map(|it| it.unwrap_or_default())
    };
    let paths = |paths: [&str; 3]| paths.map(std::path::PathBuf::from);
    assert_eq!(files(Signal::Traces), paths(["/all/ca", "", "/all/key"]));
    assert_eq!(
        files(Signal::Metrics),
        paths(["/all/ca", "/metrics/crt", "/all/key"])
    );
    assert_eq!(files(Signal::Logs), paths(["/logs/ca", "", "/all/key"]));
    assert_eq!(environment.warnings(), [""; 0]);
}
