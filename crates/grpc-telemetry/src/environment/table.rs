//! Every variable that the specification and the SDK have. `docs/environment.md` says the same in prose.

use super::value::Kind;
use super::value::Kind::{
    Attributes, Boolean, Endpoint, Headers, ListOf, Number, OneOf, Positive, Ratio, Text,
};

/// A variable, and what comes of setting it.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) effect: Effect,
}

/// What a variable does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    /// It works as the specification says; `default` applies to what can't be understood.
    Reads { kind: Kind, default: &'static str },
    /// It does nothing, for this reason.
    None(&'static str),
}

const fn reads(name: &'static str, kind: Kind, default: &'static str) -> Variable {
    let effect = Effect::Reads { kind, default };
    Variable { name, effect }
}

const fn none(name: &'static str, reason: &'static str) -> Variable {
    let effect = Effect::None(reason);
    Variable { name, effect }
}

const SAMPLERS: Kind = OneOf(&[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
]);
const LEVELS: Kind = OneOf(&["none", "error", "warn", "info", "debug", "trace"]);
const PROPAGATORS: Kind = ListOf(&["tracecontext", "baggage", "b3", "none"]);
const EXPORTERS: Kind = ListOf(&["otlp", "console", "none"]);
const METRICS_EXPORTERS: Kind = ListOf(&["otlp", "prometheus", "none"]);
const TEMPORALITIES: Kind = OneOf(&["cumulative", "delta", "lowmemory"]);
const PROTOCOLS: Kind = OneOf(&["grpc", "http/protobuf"]);
const COMPRESSIONS: Kind = OneOf(&["gzip", "none"]);

/// The names of databases are the stable ones in any case.
const CONVENTIONS: Kind = ListOf(&["rpc/dup", "rpc", "database"]);

const BUCKETS: &str = "each histogram has its own buckets";
const EXEMPLARS: &str = "exemplars are the sampled calls, at /metrics";
const METRIC_LIMIT: &str = "bounded by OTEL_EXPORTER_OTLP_METRICS_TIMEOUT";
const OLD_CONFIG_FILE: &str = "it is OTEL_CONFIG_FILE now";
const OWN_ADDRESS: &str = "/metrics is where the program serves it";
const NO_ZIPKIN: &str = "spans are exported by OTLP, which Zipkin's collector takes";

/// All of them, in the order of the specification.
pub(super) const TABLE: &[Variable] = &[
    reads("OTEL_SDK_DISABLED", Boolean, "false"),
    none(
        "OTEL_ENTITIES",
        "the resource comes from OTEL_RESOURCE_ATTRIBUTES",
    ),
    reads("OTEL_RESOURCE_ATTRIBUTES", Attributes, "none of it"),
    reads("OTEL_SERVICE_NAME", Text, "the program's name"),
    reads("OTEL_LOG_LEVEL", LEVELS, "none"),
    reads(
        "OTEL_PROPAGATORS",
        PROPAGATORS,
        "what is understood of it, or else tracecontext,baggage",
    ),
    reads("OTEL_TRACES_SAMPLER", SAMPLERS, "parentbased_always_on"),
    reads("OTEL_TRACES_SAMPLER_ARG", Ratio, "1"),
    reads("OTEL_CONFIG_FILE", Text, "none"),
    none("OTEL_EXPERIMENTAL_CONFIG_FILE", OLD_CONFIG_FILE),
    reads(
        "OTEL_SEMCONV_STABILITY_OPT_IN",
        CONVENTIONS,
        "what is understood of it",
    ),
    none(
        "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN",
        "errors are attributes and log records",
    ),
    // Batches of spans
    reads("OTEL_BSP_SCHEDULE_DELAY", Positive, "5000"),
    reads("OTEL_BSP_EXPORT_TIMEOUT", Positive, "30000"),
    reads("OTEL_BSP_MAX_QUEUE_SIZE", Positive, "16384"),
    reads("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", Positive, "512"),
    reads("OTEL_BSP_MAX_CONCURRENT_EXPORTS", Positive, "2"),
    // Batches of log records
    reads("OTEL_BLRP_SCHEDULE_DELAY", Positive, "1000"),
    reads("OTEL_BLRP_EXPORT_TIMEOUT", Positive, "30000"),
    reads("OTEL_BLRP_MAX_QUEUE_SIZE", Positive, "2048"),
    reads("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", Positive, "512"),
    // Limits
    reads("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", Number, "no limit"),
    reads("OTEL_ATTRIBUTE_COUNT_LIMIT", Number, "128"),
    reads(
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        Number,
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ),
    reads(
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        Number,
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
    ),
    reads("OTEL_SPAN_EVENT_COUNT_LIMIT", Number, "128"),
    reads("OTEL_SPAN_LINK_COUNT_LIMIT", Number, "128"),
    reads(
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
        Number,
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
    ),
    reads(
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
        Number,
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
    ),
    reads(
        "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        Number,
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ),
    reads(
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
        Number,
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
    ),
    // Exporters
    reads("OTEL_TRACES_EXPORTER", EXPORTERS, "otlp"),
    reads("OTEL_METRICS_EXPORTER", METRICS_EXPORTERS, "otlp"),
    // Its console is where log records go in any case.
    reads("OTEL_LOGS_EXPORTER", EXPORTERS, "otlp"),
    // OTLP, for all signals
    reads("OTEL_EXPORTER_OTLP_ENDPOINT", Endpoint, "localhost"),
    reads("OTEL_EXPORTER_OTLP_PROTOCOL", PROTOCOLS, "grpc"),
    reads(
        "OTEL_EXPORTER_OTLP_HEADERS",
        Headers,
        "what is understood of it",
    ),
    reads("OTEL_EXPORTER_OTLP_TIMEOUT", Positive, "10000"),
    reads("OTEL_EXPORTER_OTLP_COMPRESSION", COMPRESSIONS, "none"),
    reads("OTEL_EXPORTER_OTLP_INSECURE", Boolean, "false"),
    reads("OTEL_EXPORTER_OTLP_CERTIFICATE", Text, "none"),
    reads("OTEL_EXPORTER_OTLP_CLIENT_KEY", Text, "none"),
    reads("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", Text, "none"),
    // OTLP, for traces
    reads(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        Endpoint,
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ),
    reads("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", PROTOCOLS, "grpc"),
    reads(
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        Headers,
        "what is understood of it",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
        Positive,
        "OTEL_EXPORTER_OTLP_TIMEOUT",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
        COMPRESSIONS,
        "OTEL_EXPORTER_OTLP_COMPRESSION",
    ),
    reads("OTEL_EXPORTER_OTLP_TRACES_INSECURE", Boolean, "false"),
    none(
        "OTEL_EXPORTER_OTLP_SPAN_INSECURE",
        "it is OTEL_EXPORTER_OTLP_TRACES_INSECURE now",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
        Text,
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
        Text,
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
        Text,
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    ),
    // OTLP, for metrics
    reads(
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        Endpoint,
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
        PROTOCOLS,
        "OTEL_EXPORTER_OTLP_PROTOCOL",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
        Headers,
        "what is understood of it",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
        Positive,
        "OTEL_EXPORTER_OTLP_TIMEOUT",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
        COMPRESSIONS,
        "OTEL_EXPORTER_OTLP_COMPRESSION",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_METRICS_INSECURE",
        Boolean,
        "OTEL_EXPORTER_OTLP_INSECURE",
    ),
    none(
        "OTEL_EXPORTER_OTLP_METRIC_INSECURE",
        "it is OTEL_EXPORTER_OTLP_METRICS_INSECURE now",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
        Text,
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY",
        Text,
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
        Text,
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        TEMPORALITIES,
        "cumulative",
    ),
    none(
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        BUCKETS,
    ),
    none("OTEL_METRICS_EXEMPLAR_FILTER", EXEMPLARS),
    reads("OTEL_METRIC_EXPORT_INTERVAL", Positive, "60000"),
    none("OTEL_METRIC_EXPORT_TIMEOUT", METRIC_LIMIT),
    // OTLP, for log records
    reads(
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
        Endpoint,
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
        PROTOCOLS,
        "OTEL_EXPORTER_OTLP_PROTOCOL",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
        Headers,
        "what is understood of it",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
        Positive,
        "OTEL_EXPORTER_OTLP_TIMEOUT",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
        COMPRESSIONS,
        "OTEL_EXPORTER_OTLP_COMPRESSION",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_LOGS_INSECURE",
        Boolean,
        "OTEL_EXPORTER_OTLP_INSECURE",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
        Text,
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY",
        Text,
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    ),
    reads(
        "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
        Text,
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    ),
    // Others
    none("OTEL_EXPORTER_PROMETHEUS_HOST", OWN_ADDRESS),
    none("OTEL_EXPORTER_PROMETHEUS_PORT", OWN_ADDRESS),
    none("OTEL_EXPORTER_ZIPKIN_ENDPOINT", NO_ZIPKIN),
    none("OTEL_EXPORTER_ZIPKIN_TIMEOUT", NO_ZIPKIN),
    none("OTEL_EXPORTER_ZIPKIN_PROTOCOL", NO_ZIPKIN),
];
