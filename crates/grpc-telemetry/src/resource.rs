//! The resource: which process made the telemetry.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
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
        KeyValue::new(names::HOST_ARCH, host_arch(std::env::consts::ARCH)),
        KeyValue::new(names::OS_TYPE, os_type(std::env::consts::OS)),
    ];
    // Empty: the SDK's own reading of the variables takes lists that are refused here.
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_service_name(service_name)
        .with_attributes(own)
        .with_attributes(host_name().map(|host| KeyValue::new(names::HOST_NAME, host)))
        .with_schema_url([], names::SCHEMA_URL)
        .with_attributes(environment.resource_attributes())
        .build()
}

/// The architecture `arch` of Rust, as the conventions name it.
fn host_arch(arch: &'static str) -> &'static str {
    match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc" => "ppc32",
        "powerpc64" => "ppc64",
        other => other,
    }
}

/// The operating system `os` of Rust, as the conventions name it.
fn os_type(os: &'static str) -> &'static str {
    match os {
        "macos" | "ios" => "darwin",
        "dragonfly" => "dragonflybsd",
        other => other,
    }
}

fn host_name() -> Option<String> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(host.trim().to_owned()).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_conventions_are_used_where_they_differ() {
        let arch = ["x86_64", "aarch64", "x86", "s390x", "riscv64"].map(host_arch);
        assert_eq!(arch, ["amd64", "arm64", "x86", "s390x", "riscv64"]);
        assert_eq!(["linux", "macos"].map(os_type), ["linux", "darwin"]);
    }

    #[test]
    fn resource_says_who_made_the_telemetry_and_with_what() {
        let resource = resource("orders", "1.0", &Environment::default());
        let value = |key| {
            let value = resource.get(&opentelemetry::Key::from_static_str(key));
            value.map(|value| value.to_string())
        };
        assert_eq!(value("service.name").as_deref(), Some("orders"));
        assert_eq!(value("telemetry.sdk.language").as_deref(), Some("rust"));
        assert!(value("telemetry.sdk.version").is_some());
    }
}
