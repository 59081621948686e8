//! `config` of both programs: every setting in force, its source, and no secret.

use std::collections::BTreeMap;

use serde_json::Value;
use testkit::{Output, Stream, UserService, run, user_client};

const DOCUMENT: &str = include_str!("../../../docs/configuration.md");
const SECRET: &str = "hunter2";

/// The settings in `output`, by their names.
fn settings(output: &Output) -> BTreeMap<String, Value> {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let objects = output.stdout.lines().map(|line| {
        let object: Value = serde_json::from_str(line).unwrap();
        (object["setting"].as_str().unwrap().to_owned(), object)
    });
    objects.collect()
}

fn assert_has_all(settings: &BTreeMap<String, Value>, heading: &str) {
    let mut sections = DOCUMENT.split("\n## ");
    let section = sections.find(|it| it.starts_with(heading)).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let names = rows.filter_map(|row| row.split('`').next());
    // Other tables explain values, which are written small.
    for name in names.filter(|it| it.starts_with(|first: char| first.is_ascii_uppercase())) {
        assert!(settings.contains_key(name), "{name}: {settings:?}");
    }
}

#[tokio::test]
async fn the_service_shows_every_setting_with_its_source_and_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("database");
    std::fs::write(&file, format!("postgres://ada:{SECRET}@db/users\n")).unwrap();
    let file = file.to_str().unwrap();
    let redis = format!("redis://:{SECRET}@cache:6379/1");
    let variables = [
        ("DATABASE_URL_FILE", file),
        ("REDIS_URL", redis.as_str()),
        ("CACHE_TTL", "30s"),
        ("NACOS_PASSWORD", SECRET),
        ("HEALTH_ADDR", ""),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ada:hunter2@c:4317"),
    ];
    let arguments = ["config", "--output", "json", "--max-in-flight", "7"];
    let output = run("user-service", &arguments, &variables).await;
    assert!(!output.stdout.contains(SECRET), "{output:?}");
    let settings = settings(&output);
    assert_has_all(&settings, "user-service");
    for (name, value, source) in [
        ("DATABASE_URL", "postgres://***@db/users", "file"),
        ("REDIS_URL", "redis://***@cache:6379/1", "variable"),
        ("CACHE_TTL", "30s", "variable"),
        ("NACOS_PASSWORD", "***", "variable"),
        ("MAX_IN_FLIGHT", "7", "flag"),
        ("UNARY_TIMEOUT", "5s", "default"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "***", "variable"),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://***@c:4317",
            "variable",
        ),
    ] {
        let setting = &settings[name];
        assert_eq!(setting["value"], value, "{setting}");
        assert_eq!(setting["source"], source, "{setting}");
    }
    assert_eq!(settings["DATABASE_URL"]["file"], file);
    assert_eq!(settings["HEALTH_ADDR"]["value"], Value::Null);
    assert!(output.files.is_empty(), "{output:?}");

    let table = run("user-service", &["config"], &variables).await.stdout;
    let has = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        words == ["CACHE_TTL", "30s", "variable"]
    };
    assert!(table.lines().any(has), "{table}");
    assert!(!table.contains(SECRET), "{table}");
}

#[tokio::test]
async fn the_client_shows_every_setting_with_its_source_and_without_secrets() {
    let variables = [
        ("JAEGER_URL", "http://ada:hunter2@host:1"),
        ("USER_SERVICE_TOKEN", SECRET),
    ];
    let arguments = ["config", "--output", "json", "--timeout", "3s"];
    let output = user_client(&arguments, &variables).await;
    assert!(!output.stdout.contains(SECRET), "{output:?}");
    let settings = settings(&output);
    assert_has_all(&settings, "user-client");
    for (name, value, source) in [
        ("JAEGER_URL", "http://***@host:1", "variable"),
        ("USER_SERVICE_TOKEN", "***", "variable"),
        ("--timeout", "3s", "flag"),
        ("--otlp-listen", "127.0.0.1:4317", "default"),
    ] {
        let setting = &settings[name];
        assert_eq!(setting["value"], value, "{setting}");
        assert_eq!(setting["source"], source, "{setting}");
    }
}

#[tokio::test]
async fn start_up_says_the_settings_in_one_record_at_debug() {
    let log = [("RUST_LOG", "user_service=debug"), ("CACHE_TTL", "30s")];
    let mut service = UserService::embedded(&log).await;
    let text = service.process().text(Stream::Stdout);
    let said = text.lines().filter(|it| it.contains("settings in force"));
    let said: Vec<_> = said.collect();
    assert_eq!(said.len(), 1, "{text}");
    assert!(said[0].contains("CACHE_TTL=30s (variable), "), "{text}");
}
