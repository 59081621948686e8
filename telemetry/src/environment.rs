//! The `OTEL_*` variables that the SDK leaves to the program, by the
//! [specification]: empty means unset, an unknown value is a warning and the
//! default, and none of them ever keeps a program from starting.
//!
//! [specification]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/

use crate::propagation::Formats;

/// The value of a variable; `None` when it is unset, empty or not Unicode.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name)
        .ok()
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// Whether a variable is set to true: only "true", in any case, is.
pub(crate) fn is_true(name: &str) -> bool {
    variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// `OTEL_SDK_DISABLED` switches the SDK off.
pub(crate) fn sdk_disabled() -> bool {
    is_true("OTEL_SDK_DISABLED")
}

/// Where spans go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TracesExporter {
    Otlp,
    None,
}

/// `OTEL_TRACES_EXPORTER`, and what to warn about.
pub(crate) fn traces_exporter() -> (TracesExporter, Option<String>) {
    match variable("OTEL_TRACES_EXPORTER").as_deref() {
        None | Some("otlp") => (TracesExporter::Otlp, None),
        Some("none") => (TracesExporter::None, None),
        Some(other) => (
            TracesExporter::Otlp,
            Some(format!(
                "OTEL_TRACES_EXPORTER={other} is not supported here, using otlp; none switches the export off"
            )),
        ),
    }
}

/// The transport of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtlpProtocol {
    Grpc,
    HttpProtobuf,
}

/// `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, else `OTEL_EXPORTER_OTLP_PROTOCOL`, and what to warn about.
pub(crate) fn otlp_protocol() -> (OtlpProtocol, Option<String>) {
    let value = variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
        .or_else(|| variable("OTEL_EXPORTER_OTLP_PROTOCOL"));
    match value.as_deref() {
        None | Some("grpc") => (OtlpProtocol::Grpc, None),
        Some("http/protobuf") => (OtlpProtocol::HttpProtobuf, None),
        Some(other) => (
            OtlpProtocol::Grpc,
            Some(format!(
                "the OTLP protocol {other} is not supported here, using grpc; http/protobuf is the other choice"
            )),
        ),
    }
}

/// The endpoint that traces are exported to, for messages and for the choice of TLS.
pub(crate) fn traces_endpoint(protocol: OtlpProtocol) -> String {
    variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        .or_else(|| variable("OTEL_EXPORTER_OTLP_ENDPOINT"))
        .unwrap_or_else(|| match protocol {
            OtlpProtocol::Grpc => "http://localhost:4317".to_owned(),
            OtlpProtocol::HttpProtobuf => "http://localhost:4318".to_owned(),
        })
}

/// `OTEL_PROPAGATORS` and `KITEX_COMPAT`: what is read and written, and what to warn about.
pub(crate) fn formats() -> (Formats, Vec<String>) {
    let mut formats = Formats::NONE;
    let mut warnings = Vec::new();
    match variable("OTEL_PROPAGATORS") {
        None => formats = Formats::DEFAULT,
        Some(names) => {
            for name in names.split(',').map(str::trim) {
                match name {
                    "tracecontext" => formats.trace_context = true,
                    "baggage" => formats.baggage = true,
                    "b3" => formats.b3 = true,
                    "none" | "" => {}
                    other => warnings.push(other.to_owned()),
                }
            }
        }
    }
    formats.kitex = is_true("KITEX_COMPAT");
    (formats, warnings)
}
