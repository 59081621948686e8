//! Which crate may depend on which.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::sources::workspace;

const TELEMETRY: &str = "grpc-telemetry";
const SETTINGS: &str = "cli-settings";
const COMMON: &str = "grpc-common";
const CODEC: &str = "kitex-codec";

/// The crates of ours that each crate may depend on. Tests may depend on what they test.
const MAY: [(&str, &[&str]); 16] = [
    ("user-proto", &[COMMON, CODEC]),
    (CODEC, &[]),
    (COMMON, &[]),
    (SETTINGS, &[COMMON, TELEMETRY, "grpc-discovery"]),
    (TELEMETRY, &[COMMON]),
    ("grpc-discovery", &[COMMON]),
    ("grpc-server", &[COMMON, TELEMETRY, CODEC]),
    ("kitex-server", &[TELEMETRY, CODEC, "grpc-server"]),
    ("kitex-client", &[TELEMETRY, CODEC]),
    (
        "grpc-channel",
        &[COMMON, TELEMETRY, "grpc-discovery", "kitex-client"],
    ),
    ("trace-view", &[COMMON, TELEMETRY]),
    (
        "http-gateway",
        &[COMMON, TELEMETRY, "grpc-server", "grpc-channel"],
    ),
    (
        "user-service",
        &[
            COMMON,
            SETTINGS,
            TELEMETRY,
            "grpc-discovery",
            "grpc-server",
            "kitex-server",
            "user-proto",
        ],
    ),
    (
        "user-client",
        &[
            COMMON,
            SETTINGS,
            TELEMETRY,
            "grpc-discovery",
            "grpc-channel",
            "grpc-server",
            "http-gateway",
            "trace-view",
            "user-proto",
        ],
    ),
    ("orders", &[TELEMETRY, "grpc-server", "grpc-channel"]),
    ("xtask", &[]),
];
/// Crates that only run the others.
const OUTSIDE: [&str; 2] = ["pair-testkit", "pair-bench"];

/// All packages of the workspace.
fn packages() -> Vec<Value> {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{cargo:?}");
    let metadata: Value = serde_json::from_slice(&cargo.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// The names of the crates that `package` depends on, in tests or else not in tests.
fn dependencies(package: &Value, in_tests: bool) -> BTreeSet<&str> {
    let dependencies = package["dependencies"].as_array().unwrap().iter();
    dependencies
        .filter(|it| (it["kind"] == "dev") == in_tests)
        .map(|it| it["name"].as_str().unwrap())
        .collect()
}

#[test]
fn crates_depend_on_one_another_in_one_direction() {
    let packages = packages();
    let name = |package: &'_ Value| package["name"].as_str().unwrap().to_owned();
    let ours: BTreeSet<_> = packages.iter().map(name).collect();
    for package in &packages {
        let name = name(package);
        if OUTSIDE.contains(&&*name) {
            continue;
        }
        let may = MAY.iter().find(|(crate_name, _)| *crate_name == name);
        let (_, may) = may.unwrap_or_else(|| panic!("say in arrows.rs what {name} may depend on"));
        for other in dependencies(package, false) {
            let allowed = !ours.contains(other) || may.contains(&other);
            assert!(allowed, "{name} must not depend on {other}");
        }
    }
}

#[test]
fn traces_alone_bring_no_sdk_of_metrics_and_logs() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--package", TELEMETRY, "--no-default-features"]);
    cargo.args(["--edges=normal,features", "--prefix=none", "--offline"]);
    let tree = cargo.current_dir(workspace()).output().unwrap();
    assert!(tree.status.success(), "{tree:?}");
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("opentelemetry_sdk feature \"trace\""));
    for line in tree
        .lines()
        .filter(|line| line.starts_with("opentelemetry"))
    {
        let unwanted = [" feature \"metrics\"", " feature \"logs\""];
        assert!(!unwanted.iter().any(|it| line.contains(it)), "{line}");
    }
}

#[test]
fn the_tests_of_libraries_know_nothing_of_users_either() {
    for package in packages() {
        let manifest = package["manifest_path"].as_str().unwrap();
        let is_library = manifest.contains("/crates/") || manifest.contains("/examples/");
        let tests = dependencies(&package, true);
        let users = tests.iter().find(|it| it.starts_with("user-"));
        assert!(!is_library || users.is_none(), "{manifest}: {users:?}");
    }
}
