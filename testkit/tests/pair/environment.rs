//! The `OTEL_*` variables, as the service takes them.

use std::time::Duration;

use serde_json::Value;
use testkit::users::plain_client;
use testkit::{Signal, Stream, TestEnv, UserService, text};
use tonic::Code;
use user_proto::v1::GetUserRequest;

const GET_USER: &str = "user.v1.UserService/GetUser";
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// Lists every variable, and says of each whether it works.
const DOCUMENTATION: &str = include_str!("../../../docs/environment.md");

/// Gets a user that doesn't exist.
async fn call(url: &str) {
    let mut client = plain_client(url).await;
    let request = GetUserRequest { user_id: 1 };
    let status = client.get_user(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "{status:?}");
}

/// What a service with `variables` writes while it serves one call: a JSON object a line.
async fn written(variables: &[(&str, &str)]) -> Vec<Value> {
    let mut service = UserService::start(variables).await;
    call(service.grpc_url()).await;
    let process = service.process();
    process.signal(Signal::TERM);
    let status = process.wait(STOP_LIMIT).await;
    assert!(status.success(), "{status}");
    let lines = process.text(Stream::Stdout);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn warnings_of<'a>(lines: &'a [Value], name: &str) -> Vec<&'a str> {
    let messages = lines.iter().filter_map(|line| line["message"].as_str());
    let begin = format!("{name} ");
    messages.filter(|text| text.starts_with(&begin)).collect()
}

/// The spans that a service with `variables` exports of one call.
async fn exported(variables: &[(&str, &str)]) -> Vec<testkit::ReceivedSpan> {
    let env = TestEnv::configured(variables).await;
    call(env.url()).await;
    let (traces, _) = env.finish().await;
    let spans = traces.iter().flat_map(|trace| trace.spans().to_vec());
    spans.filter(|it| it.span.name == GET_USER).collect()
}

#[tokio::test]
async fn nonsense_in_every_variable_is_a_warning_each_and_the_service_serves() {
    let names: Vec<&str> = DOCUMENTATION
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        // Other tables have keys of files.
        .filter(|name| !name.contains(char::is_lowercase))
        // Any text is a name, of a file too: one of settings ends the start if it can't be read,
        // and those of TLS are read where there is TLS.
        .filter(|name| !["OTEL_SERVICE_NAME", "OTEL_CONFIG_FILE"].contains(name))
        .filter(|name| !name.ends_with("CERTIFICATE") && !name.ends_with("CLIENT_KEY"))
        .collect();
    assert!(names.len() > 60, "{names:?}");
    let mut variables: Vec<(&str, &str)> = names.iter().map(|name| (*name, "?")).collect();
    variables.push(("OTEL_MISSPELT", "1"));
    let lines = written(&variables).await;
    for (name, _) in variables {
        assert_eq!(warnings_of(&lines, name).len(), 1, "{name}: {lines:?}");
    }
}

#[tokio::test]
async fn variables_that_are_empty_are_unset() {
    let names = DOCUMENTATION
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let variables: Vec<(&str, &str)> = names.map(|name| (name, "")).collect();
    let lines = written(&variables).await;
    let warned = lines.iter().filter(|line| {
        let message = line["message"].as_str();
        message.is_some_and(|message| message.starts_with("OTEL_"))
    });
    assert_eq!(warned.count(), 0, "{lines:?}");
}

#[tokio::test]
async fn the_console_shows_spans_as_lines_of_json() {
    let lines = written(&[("OTEL_TRACES_EXPORTER", "console")]).await;
    let span = lines.iter().find(|line| line["name"] == GET_USER);
    let span = span.unwrap_or_else(|| panic!("{lines:?}"));
    assert_eq!(span["kind"], "Server");
    assert_eq!(span["attributes"]["rpc.response.status_code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_sdk_that_is_disabled_exports_nothing() {
    assert_eq!(exported(&[("OTEL_SDK_DISABLED", "True")]).await.len(), 0);
    assert_eq!(
        exported(&[("OTEL_TRACES_SAMPLER", "always_off")])
            .await
            .len(),
        0
    );
    assert_eq!(exported(&[("OTEL_TRACES_EXPORTER", "none")]).await.len(), 0);
    assert_eq!(exported(&[("OTEL_SDK_DISABLED", "1")]).await.len(), 1);
}

#[tokio::test]
async fn values_and_attributes_are_limited_and_the_resource_is_decoded() {
    let variables = [
        ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "6"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=users%2C%20Berlin"),
        ("OTEL_SERVICE_NAME", "other"),
    ];
    let spans = exported(&variables).await;
    let [span] = &spans[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(text(span, "rpc.method"), Some("user.v"));
    assert_eq!(span.service_name(), "other");
    let resource = format!("{:?}", span.resource);
    assert!(resource.contains("\"users, Berlin\""), "{resource}");

    let spans = exported(&[("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2")]).await;
    assert_eq!(spans[0].span.attributes.len(), 2);
    assert!(spans[0].span.dropped_attributes_count > 0);
}

#[tokio::test]
async fn resource_attributes_with_a_mistake_apply_not_at_all() {
    let list = ("OTEL_RESOURCE_ATTRIBUTES", "novalue,canary=b");
    let service = UserService::start(&[list]).await;
    let (_, text) = service.get("/metrics").await;
    let resource = text.lines().find(|line| line.starts_with("target_info{"));
    let resource = resource.unwrap();
    assert!(
        resource.contains("service_name=\"user-service\""),
        "{resource}"
    );
    assert!(!resource.contains("canary"), "{resource}");
}
