//! Collector, Jaeger, Prometheus and Grafana: their files agree with each other.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{text, yaml};

/// Whether every component of a pipeline is configured, as the collector wants it.
fn assert_wired(file: &str) {
    let config = yaml(file);
    let pipelines = config["service"]["pipelines"].as_object().unwrap();
    for (name, pipeline) in pipelines {
        for part in ["receivers", "processors", "exporters"] {
            for component in pipeline[part].as_array().unwrap() {
                let component = component.as_str().unwrap();
                assert!(
                    !config[part][component].is_null()
                        || config[part].as_object().unwrap().contains_key(component),
                    "{file}: {name} wants {component}"
                );
            }
        }
    }
    for extension in config["service"]["extensions"].as_array().unwrap() {
        let extension = extension.as_str().unwrap();
        assert!(
            config["extensions"]
                .as_object()
                .unwrap()
                .contains_key(extension),
            "{file}: {extension}"
        );
    }
}

/// What is asked of Prometheus by dashboards and alerts.
fn expressions() -> Vec<String> {
    let dashboard: Value =
        serde_json::from_str(&text("deploy/grafana/dashboards/user-service.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|it| it["targets"].as_array().into_iter().flatten());
    let rules = yaml("deploy/prometheus/rules.yaml");
    let groups = rules["groups"].as_array().unwrap();
    let rules = groups.iter().flat_map(|it| it["rules"].as_array().unwrap());
    targets
        .chain(rules)
        .map(|it| it["expr"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn pipelines_use_only_what_is_configured() {
    assert_wired("deploy/collector/config.yaml");
    assert_wired("deploy/jaeger/config.yaml");
}

#[test]
fn the_collector_keeps_every_error_and_every_slow_trace() {
    let config = yaml("deploy/collector/config.yaml");
    let policies = config["processors"]["tail_sampling"]["policies"]
        .as_array()
        .unwrap();
    let types: BTreeSet<&str> = policies
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    assert!(
        types.is_superset(&BTreeSet::from(["status_code", "latency", "probabilistic"])),
        "{types:?}"
    );
    let sampling = &config["processors"]["tail_sampling"];
    assert_eq!(sampling["sampling_strategy"], "span-ingest");
    // A cache of what was let go would let a later failure go too.
    assert!(sampling["decision_cache"]["non_sampled_cache_size"].is_null());
    let traces = &config["service"]["pipelines"]["traces"]["processors"];
    assert_eq!(traces[0], "memory_limiter");
}

/// A newcomer looks for each call, and for the trace that the README makes.
#[test]
fn demo_deployments_keep_every_trace() {
    let config = text("deploy/collector/config.yaml");
    assert!(config.contains("${env:KEEP_PERCENT:-100}"));
    let compose = yaml("compose.yaml");
    let composed = &compose["services"]["collector"]["environment"];
    assert_eq!(composed["KEEP_PERCENT"], "${KEEP_PERCENT:-100}");
    let manifest = text("deploy/kubernetes/components/tracing/collector.yaml");
    assert!(manifest.contains(r#"{ name: KEEP_PERCENT, value: "100" }"#));
}

#[test]
fn the_dashboard_uses_only_data_sources_that_are_provisioned() {
    let sources = yaml("deploy/grafana/provisioning/datasources/datasources.yaml");
    let known: BTreeSet<&str> = sources["datasources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["uid"].as_str().unwrap())
        .collect();
    let dashboard: Value =
        serde_json::from_str(&text("deploy/grafana/dashboards/user-service.json")).unwrap();
    for panel in dashboard["panels"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["type"] != "row")
    {
        let uid = panel["datasource"]["uid"].as_str().unwrap();
        assert!(known.contains(uid), "{uid}");
    }
    let exemplars = &sources["datasources"][0]["jsonData"]["exemplarTraceIdDestinations"][0];
    assert!(known.contains(exemplars["datasourceUid"].as_str().unwrap()));
}

#[test]
fn calls_requests_errors_latency_cache_pool_and_lost_telemetry_are_shown() {
    let expressions = expressions().join("\n");
    for metric in [
        "rpc_server_call_started_total",
        "rpc_server_call_duration_seconds_count",
        "rpc_server_call_duration_seconds_bucket",
        "user_service_cache_requests_total",
        "db_client_connection_count",
        "otel_sdk_processor_span_processed_total",
        "http_server_request_duration_seconds_count",
        "http_server_request_duration_seconds_bucket",
    ] {
        assert!(expressions.contains(metric), "{metric}");
    }
}
