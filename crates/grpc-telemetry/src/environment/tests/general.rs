//! Variables of the SDK as a whole.

use opentelemetry_sdk::trace::Sampler;

use crate::environment::{Environment, OtlpProtocol, Signal};

#[test]
fn words_count_in_any_case() {
    let environment = Environment::of(&[
        ("OTEL_TRACES_SAMPLER", "ALWAYS_OFF"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "HTTP/Protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP"),
        ("OTEL_METRICS_EXPORTER", "OTLP"),
        ("OTEL_TRACES_EXPORTER", "None"),
        ("OTEL_LOG_LEVEL", "DEBUG"),
        ("OTEL_SEMCONV_STABILITY_OPT_IN", "RPC/dup"),
    ]);
    assert!(environment.warnings().is_empty());
    assert!(matches!(environment.sampler(), Sampler::AlwaysOff));
    let protocol = environment.otlp_protocol(Signal::Logs);
    assert_eq!(protocol, OtlpProtocol::HttpProtobuf);
    assert!(environment.otlp_transport(Signal::Traces).gzip);
    assert!(environment.exports_by_otlp(Signal::Metrics));
    assert!(!environment.exports_by_otlp(Signal::Traces));
    assert_eq!(environment.sdk_log_level(), "debug");
    assert!(environment.has_old_rpc_names());
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
