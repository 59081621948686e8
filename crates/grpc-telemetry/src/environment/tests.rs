use std::collections::HashSet;
use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::trace::Sampler;

use super::exporters::Exporters;
use super::table::{Effect, TABLE};
use super::value::Kind;
use super::*;

fn warnings(name: &str, value: &str) -> Vec<String> {
    Environment::of(&[(name, value)]).warnings()
}

/// A value that is right for each kind, and one that isn't, if there is any.
fn examples(kind: Kind) -> (&'static str, Option<&'static str>) {
    match kind {
        Kind::Text => ("anything", None),
        Kind::Boolean => ("TRUE", Some("yes")),
        Kind::Number => ("10", Some("ten")),
        Kind::Positive => ("10", Some("0")),
        Kind::Ratio => ("0.25", Some("1.5")),
        Kind::OneOf(names) | Kind::ListOf(names) => (names[0], Some("nonsense")),
        Kind::Endpoint => ("http://localhost:4317", Some("http://")),
        Kind::Attributes => ("a=1,b=%2C", Some("a=1,b")),
        Kind::Headers => ("a=1,b=2", Some("\"secret=1\"")),
    }
}

#[test]
fn every_variable_works_or_is_said_not_to() {
    let mut names = HashSet::new();
    for variable in TABLE {
        let name = variable.name;
        assert!(name.starts_with("OTEL_") && names.insert(name), "{name}");
        assert!(warnings(name, "").is_empty(), "{name}: empty is unset");
        assert!(warnings(name, "  ").is_empty(), "{name}: blank is unset");
        match variable.effect {
            Effect::Reads { kind, .. } => {
                let (right, wrong) = examples(kind);
                assert!(warnings(name, right).is_empty(), "{name}={right}");
                if let Some(wrong) = wrong {
                    let said = warnings(name, wrong);
                    assert_eq!(said.len(), 1, "{name}={wrong}");
                    assert!(said[0].starts_with(name), "{said:?}");
                    assert!(!said[0].contains("secret"), "{said:?}");
                }
            }
            Effect::None(_) => {
                let said = warnings(name, "1");
                assert_eq!(said.len(), 1, "{name}");
                assert!(
                    said[0].starts_with(&format!("{name} has no effect")),
                    "{said:?}"
                );
            }
        }
    }
}

#[test]
fn the_documentation_lists_every_variable() {
    let documentation = include_str!("../../../../docs/environment.md");
    for variable in TABLE {
        let line = documentation
            .lines()
            .find(|line| line.contains(&format!("`{}`", variable.name)));
        let works = matches!(variable.effect, Effect::Reads { .. });
        let expected = if works { "| works |" } else { "| no effect |" };
        assert!(
            line.is_some_and(|line| line.contains(expected)),
            "{}: expected {expected} in {line:?}",
            variable.name
        );
    }
}

#[test]
fn a_variable_that_nobody_knows_is_told_and_one_of_others_is_not() {
    assert_eq!(warnings("OTEL_TRACE_SAMPLER", "always_on").len(), 1);
    assert!(warnings("PATH", "/bin").is_empty());
}

#[test]
fn variables_that_others_set_are_no_warning() {
    let quiet = [
        "OTEL_COLLECTOR_PORT",
        "OTEL_COLLECTOR_PORT_4317_TCP",
        "OTEL_COLLECTOR_PORT_4317_TCP_ADDR",
        "OTEL_COLLECTOR_SERVICE_HOST",
        "OTEL_COLLECTOR_SERVICE_PORT",
        "OTEL_COLLECTOR_SERVICE_PORT_OTLP_GRPC",
        "OTEL_POD_IP",
    ];
    for name in quiet {
        assert!(warnings(name, "tcp://10.0.0.1:4317").is_empty(), "{name}");
    }
    assert_eq!(warnings("OTEL_EXPORTER_OTLP_PORT_A", "1").len(), 1);
}

#[test]
fn a_value_that_is_not_text_is_told_once() {
    let environment = Environment(BTreeMap::new(), vec!["OTEL_A".into(), "B".into()]);
    let expected = ["OTEL_A is not text in UTF-8, and counts as unset"];
    assert_eq!(environment.warnings(), expected);
}

#[test]
fn words_count_in_any_case() {
    let environment = Environment::of(&[
        ("OTEL_TRACES_SAMPLER", "ALWAYS_OFF"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "DELTA"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "HTTP/Protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP"),
        ("OTEL_METRICS_EXPORTER", "OTLP"),
        ("OTEL_TRACES_EXPORTER", "None"),
        ("OTEL_LOG_LEVEL", "DEBUG"),
        ("OTEL_SEMCONV_STABILITY_OPT_IN", "RPC/dup"),
    ]);
    assert!(environment.warnings().is_empty());
    assert!(matches!(environment.sampler(), Sampler::AlwaysOff));
    assert_eq!(environment.temporality(), Temporality::Delta);
    let protocol = environment.otlp_protocol(Signal::Logs);
    assert_eq!(protocol, OtlpProtocol::HttpProtobuf);
    assert!(environment.traces_transport().gzip);
    assert!(environment.exports_by_otlp(Signal::Metrics));
    assert!(!environment.exports_by_otlp(Signal::Traces));
    assert_eq!(environment.sdk_log_level(), "debug");
    assert!(environment.has_old_rpc_names());
}

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
fn several_mistakes_are_one_line_each() {
    let environment = Environment::of(&[
        ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
        ("OTEL_CONFIG_FILE", "sdk.yaml"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
        ("OTEL_TRACES_SAMPLER_ARG", "NaN"),
    ]);
    let expected = [
        "OTEL_BSP_MAX_QUEUE_SIZE is not understood: it must be a whole number above 0; 16384 applies",
        "OTEL_CONFIG_FILE has no effect here: settings come from variables, one by one",
        "OTEL_TRACES_SAMPLER_ARG is not understood: it must be a number from 0 to 1; 1 applies",
    ];
    assert_eq!(environment.warnings(), expected);
}

#[test]
fn only_true_in_any_case_is_true() {
    let table = [
        ("true", true),
        ("TRUE", true),
        (" True ", true),
        ("false", false),
        ("1", false),
        ("yes", false),
        ("", false),
    ];
    for (value, expected) in table {
        let environment = Environment::of(&[("OTEL_SDK_DISABLED", value)]);
        assert_eq!(environment.sdk_disabled(), expected, "{value:?}");
    }
}

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

#[test]
fn old_names_are_asked_for_in_a_list_in_which_they_go_first() {
    let table = [
        ("rpc/dup", true),
        ("http, rpc/dup", true),
        ("rpc/dup,rpc", true),
        ("rpc", false),
        ("database", false),
        ("rpc/duplicate", false),
    ];
    for (value, expected) in table {
        let environment = Environment::of(&[("OTEL_SEMCONV_STABILITY_OPT_IN", value)]);
        assert_eq!(environment.has_old_rpc_names(), expected, "{value}");
    }
}

#[test]
fn log_records_have_limits_and_batches_of_their_own() {
    let environment = Environment::of(&[
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "10"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "20"),
        ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "7"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "0"),
    ]);
    let limits = environment.log_limits();
    assert_eq!((limits.attributes, limits.value_length), (10, Some(5)));
    let batches = environment.log_batches();
    assert_eq!(batches.queue_size, 7);
    assert_eq!(batches.delay.as_millis(), 1_000, "0 is not understood");
    let limits = Environment::default().log_limits();
    assert_eq!((limits.attributes, limits.value_length), (128, None));
}

#[test]
fn samplers_are_those_of_the_specification() {
    let parent_based = |root| Sampler::ParentBased(Box::new(root));
    let quarter = || Sampler::TraceIdRatioBased(0.25);
    let table = [
        ("", "0.25", parent_based(Sampler::AlwaysOn)),
        ("always_on", "", Sampler::AlwaysOn),
        ("always_off", "", Sampler::AlwaysOff),
        ("traceidratio", "0.25", quarter()),
        ("traceidratio", "", Sampler::TraceIdRatioBased(1.0)),
        ("traceidratio", "2", Sampler::TraceIdRatioBased(1.0)),
        ("parentbased_always_on", "", parent_based(Sampler::AlwaysOn)),
        (
            "parentbased_always_off",
            "",
            parent_based(Sampler::AlwaysOff),
        ),
        ("parentbased_traceidratio", "0.25", parent_based(quarter())),
        ("xray", "", parent_based(Sampler::AlwaysOn)),
    ];
    for (name, argument, expected) in table {
        let variables = [
            ("OTEL_TRACES_SAMPLER", name),
            ("OTEL_TRACES_SAMPLER_ARG", argument),
        ];
        let sampler = Environment::of(&variables).sampler();
        assert_eq!(format!("{sampler:?}"), format!("{expected:?}"), "{name}");
    }
}

#[test]
fn limits_of_their_own_go_before_the_general_one() {
    let limits = Environment::of(&[
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "10"),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "5"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "3"),
    ])
    .span_limits();
    assert_eq!(limits.max_attributes_per_span, 10);
    assert_eq!(limits.max_attributes_per_event, 5);
    assert_eq!(limits.max_attributes_per_link, 10);
    assert_eq!(limits.max_links_per_span, 3);
    assert_eq!(limits.max_events_per_span, 128);

    let general = ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "10");
    assert_eq!(Environment::of(&[general]).value_length_limit(), Some(10));
    let own = ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5");
    assert_eq!(
        Environment::of(&[general, own]).value_length_limit(),
        Some(5)
    );
    assert_eq!(Environment::default().value_length_limit(), None);
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
fn resource_attributes_are_decoded_and_one_mistake_discards_them_all() {
    let attributes = |list: &str| -> Vec<(String, String)> {
        let environment = Environment::of(&[("OTEL_RESOURCE_ATTRIBUTES", list)]);
        let attributes = environment.resource_attributes().into_iter();
        attributes
            .map(|it| (it.key.to_string(), it.value.to_string()))
            .collect()
    };
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let decoded = [pair("a", "1"), pair("b", "x,y=z")];
    assert_eq!(attributes("a=1, b = x%2Cy%3Dz ,"), decoded);
    for mistake in ["a=1,b", "a=1,=2", "a=%FF"] {
        assert!(attributes(mistake).is_empty(), "{mistake}");
    }
    let named = Environment::of(&[("OTEL_SERVICE_NAME", "other")]);
    assert_eq!(named.resource_attributes()[0].value.to_string(), "other");
}

#[test]
fn the_sdk_is_silent_unless_asked() {
    let level = |value| {
        Environment::of(&[("OTEL_LOG_LEVEL", value)])
            .sdk_log_level()
            .to_owned()
    };
    assert_eq!(level(""), "off");
    assert_eq!(level("debug"), "debug");
    assert_eq!(level("none"), "off");
    assert_eq!(level("chatty"), "off");
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
