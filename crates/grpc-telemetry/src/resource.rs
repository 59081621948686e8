//! The resource: which process made the telemetry.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use uuid::Uuid;

use crate::environment::Environment;
use crate::names;

/// What the process knows of itself, overridden by `OTEL_RESOURCE_ATTRIBUTES`
/// and `OTEL_SERVICE_NAME`. Command-line arguments are left out: they may hold secrets.
pub(crate) fn resource(
    service_name: &'static str,
    service_version: &'static str,
    environment: &Environment,
) -> Resource {
    let own = [
        KeyValue::new(names::SERVICE_VERSION, service_version),
        KeyValue::new(names::SERVICE_INSTANCE_ID, Uuid::new_v4().to_string()),
        KeyValue::new(names::PROCESS_PID, i64::from(std::process::id())),
        KeyValue::new(names::HOST_ARCH, std::env::consts::ARCH),
        KeyValue::new(names::OS_TYPE, std::env::consts::OS),
    ];
    Resource::builder()
        .with_service_name(service_name)
        .with_attributes(own)
        .with_attributes(host_name().map(|host| KeyValue::new(names::HOST_NAME, host)))
        .with_schema_url([], names::SCHEMA_URL)
        .with_attributes(environment.resource_attributes())
        .build()
}

fn host_name() -> Option<String> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(host.trim().to_owned()).filter(|host| !host.is_empty())
}
