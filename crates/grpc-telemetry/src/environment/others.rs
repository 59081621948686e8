//! Variables that begin with `OTEL_` and that belong to other programs, so there is no warning about them.

/// What OpenTelemetry's operator for Kubernetes sets, to build other variables of.
const OF_OPERATOR: [&str; 7] = [
    "OTEL_NODE_IP",
    "OTEL_NODE_NAME",
    "OTEL_POD_IP",
    "OTEL_POD_NAME",
    "OTEL_RESOURCE_ATTRIBUTES_NODE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES_POD_NAME",
    "OTEL_RESOURCE_ATTRIBUTES_POD_UID",
];

/// Whether others set the variable `name`.
pub(super) fn set(name: &str) -> bool {
    OF_OPERATOR.contains(&name) || is_service_link(name)
}

/// Whether `name` is a variable that Kubernetes sets in pods for a service such as
/// `otel-collector`: `OTEL_COLLECTOR_SERVICE_HOST`, `…_SERVICE_PORT_GRPC`, `…_PORT_4317_TCP_ADDR`.
fn is_service_link(name: &str) -> bool {
    let of_service = name.ends_with("_SERVICE_HOST")
        || name.ends_with("_PORT")
        || name.contains("_SERVICE_PORT_");
    let protocols = ["_TCP", "_UDP", "_SCTP"];
    let of_port = name.split_once("_PORT_").is_some_and(|(_, port)| {
        port.starts_with(|it: char| it.is_ascii_digit())
            && protocols.iter().any(|protocol| port.contains(protocol))
    });
    of_service || of_port
}
