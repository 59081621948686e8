//! Which variable a key of the configuration file stands for.

/// The parts of the file that have one variable each.
const KEYS: [(&str, &str); 26] = [
    ("disabled", "OTEL_SDK_DISABLED"),
    ("log_level", "OTEL_LOG_LEVEL"),
    ("resource.attributes_list", "OTEL_RESOURCE_ATTRIBUTES"),
    ("resource.attributes", "OTEL_RESOURCE_ATTRIBUTES"),
    ("propagator.composite_list", "OTEL_PROPAGATORS"),
    (
        "attribute_limits.attribute_value_length_limit",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ),
    (
        "attribute_limits.attribute_count_limit",
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
    ),
    (
        "tracer_provider.processors.batch.schedule_delay",
        "OTEL_BSP_SCHEDULE_DELAY",
    ),
    (
        "tracer_provider.processors.batch.export_timeout",
        "OTEL_BSP_EXPORT_TIMEOUT",
    ),
    (
        "tracer_provider.processors.batch.max_queue_size",
        "OTEL_BSP_MAX_QUEUE_SIZE",
    ),
    (
        "tracer_provider.processors.batch.max_export_batch_size",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    ),
    (
        "tracer_provider.limits.attribute_value_length_limit",
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ),
    (
        "tracer_provider.limits.attribute_count_limit",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    ),
    (
        "tracer_provider.limits.event_count_limit",
        "OTEL_SPAN_EVENT_COUNT_LIMIT",
    ),
    (
        "tracer_provider.limits.link_count_limit",
        "OTEL_SPAN_LINK_COUNT_LIMIT",
    ),
    (
        "tracer_provider.limits.event_attribute_count_limit",
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
    ),
    (
        "tracer_provider.limits.link_attribute_count_limit",
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
    ),
    (
        "meter_provider.readers.periodic.interval",
        "OTEL_METRIC_EXPORT_INTERVAL",
    ),
    (
        "meter_provider.readers.periodic.timeout",
        "OTEL_METRIC_EXPORT_TIMEOUT",
    ),
    (
        "logger_provider.processors.batch.schedule_delay",
        "OTEL_BLRP_SCHEDULE_DELAY",
    ),
    (
        "logger_provider.processors.batch.export_timeout",
        "OTEL_BLRP_EXPORT_TIMEOUT",
    ),
    (
        "logger_provider.processors.batch.max_queue_size",
        "OTEL_BLRP_MAX_QUEUE_SIZE",
    ),
    (
        "logger_provider.processors.batch.max_export_batch_size",
        "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    ),
    (
        "logger_provider.limits.attribute_value_length_limit",
        "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ),
    (
        "logger_provider.limits.attribute_count_limit",
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
    ),
    (
        "instrumentation/development.general.stability_opt_in_list",
        "OTEL_SEMCONV_STABILITY_OPT_IN",
    ),
];

/// Where the exporter of each signal is.
const EXPORTERS: [(&str, &str); 4] = [
    ("tracer_provider.processors.batch.exporter.", "TRACES"),
    ("tracer_provider.processors.simple.exporter.", "TRACES"),
    ("meter_provider.readers.periodic.exporter.", "METRICS"),
    ("logger_provider.processors.batch.exporter.", "LOGS"),
];

/// Keys of an OTLP exporter, and the ends of the variables.
const OTLP: [(&str, &str); 10] = [
    ("endpoint", "ENDPOINT"),
    ("tls.ca_file", "CERTIFICATE"),
    ("tls.key_file", "CLIENT_KEY"),
    ("tls.cert_file", "CLIENT_CERTIFICATE"),
    ("tls.insecure", "INSECURE"),
    ("headers", "HEADERS"),
    ("headers_list", "HEADERS"),
    ("compression", "COMPRESSION"),
    ("timeout", "TIMEOUT"),
    ("temporality_preference", "TEMPORALITY_PREFERENCE"),
];

/// What is the case here anyway, and so may be said.
const SELF_EVIDENT: [(&str, &str); 7] = [
    ("meter_provider.exemplar_filter", "trace_based"),
    (
        ".default_histogram_aggregation",
        "explicit_bucket_histogram",
    ),
    (".otlp_http.encoding", "protobuf"),
    (".parent_based.remote_parent_sampled.always_on", ""),
    (".parent_based.remote_parent_not_sampled.always_off", ""),
    (".parent_based.local_parent_sampled.always_on", ""),
    (".parent_based.local_parent_not_sampled.always_off", ""),
];

/// Variables and their values.
pub(super) type Variables = Vec<(String, String)>;

/// The variables that `key` stands for with this `value`, without one for what the file leaves
/// open. None for a key that is not supported.
pub(super) fn variables(key: &str, value: Option<&str>) -> Option<Variables> {
    let given = value.unwrap_or_default();
    let is_said = |it: &&(&str, &str)| key.ends_with(it.0) && (given == it.1 || given.is_empty());
    if key == "file_format" || SELF_EVIDENT.iter().any(|it| is_said(&it)) {
        return Some(Vec::new());
    }
    let one = |name: &str| {
        Some(
            value
                .map(|it| (name.to_owned(), it.to_owned()))
                .into_iter()
                .collect(),
        )
    };
    if let Some((_, name)) = KEYS.iter().find(|(known, _)| *known == key) {
        return one(name);
    }
    if let Some(name) = key.strip_prefix("propagator.composite.") {
        return Some(vec![("OTEL_PROPAGATORS".to_owned(), name.to_owned())]);
    }
    if let Some(sampler) = key.strip_prefix("tracer_provider.sampler.") {
        return self::sampler(sampler, value);
    }
    // A part that is empty.
    match key {
        "propagator.composite" => Some(Vec::new()),
        _ => exporter(key, value),
    }
}

/// Whether several keys may add to the variable `name`.
pub(super) fn is_list(name: &str) -> bool {
    let lists = ["OTEL_PROPAGATORS", "OTEL_RESOURCE_ATTRIBUTES"];
    lists.contains(&name) || name.ends_with("_EXPORTER") || name.ends_with("_HEADERS")
}

fn sampler(key: &str, value: Option<&str>) -> Option<Variables> {
    let (prefix, root) = match key.strip_prefix("parent_based") {
        Some("") => ("parentbased_", "always_on"),
        Some(root) => ("parentbased_", root.strip_prefix(".root.")?),
        None => ("", key),
    };
    let name = match root {
        "always_on" | "always_off" => root,
        "trace_id_ratio_based" | "trace_id_ratio_based.ratio" => "traceidratio",
        _ => return None,
    };
    let sampler = ("OTEL_TRACES_SAMPLER".to_owned(), format!("{prefix}{name}"));
    let ratio = value.map(|it| ("OTEL_TRACES_SAMPLER_ARG".to_owned(), it.to_owned()));
    Some([sampler].into_iter().chain(ratio).collect())
}

fn exporter(key: &str, value: Option<&str>) -> Option<Variables> {
    let mut of_signals = EXPORTERS.iter();
    let (signal, rest) =
        of_signals.find_map(|(prefix, signal)| Some((*signal, key.strip_prefix(prefix)?)))?;
    let (kind, field) = rest.split_once('.').unwrap_or((rest, ""));
    let set = |name: String, value: &str| (name, value.to_owned());
    let protocol = match (kind, field) {
        ("console", "") if signal != "METRICS" => {
            return Some(vec![set(format!("OTEL_{signal}_EXPORTER"), "console")]);
        }
        ("otlp_http", _) => "http/protobuf",
        ("otlp_grpc", _) => "grpc",
        _ => return None,
    };
    let mut variables = vec![
        set(format!("OTEL_{signal}_EXPORTER"), "otlp"),
        set(format!("OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"), protocol),
    ];
    if !field.is_empty() {
        let (_, end) = OTLP.iter().find(|(known, _)| *known == field)?;
        variables.extend(value.map(|it| set(format!("OTEL_EXPORTER_OTLP_{signal}_{end}"), it)));
    }
    Some(variables)
}
