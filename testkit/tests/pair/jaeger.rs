//! Traces as user-client takes them from Jaeger: drawn, shown, tested in a pipeline.
//!
//! The programs export to an OTLP receiver, and [`Jaeger`] responds with what it
//! got; only Jaeger's storage is replaced.

use std::path::PathBuf;
use std::time::Duration;

use testkit::{Output, Stream, TestEnv, user_client};

const LIMIT: Duration = Duration::from_secs(60);

/// The expected tree that comes with the workspace.
const USER_MANAGEMENT: &str = "../deploy/traces/user-management.yaml";

/// A pair that exports to a Jaeger.
async fn start() -> TestEnv {
    let builder = TestEnv::builder().postgres().jaeger();
    let often = [("OTEL_BSP_SCHEDULE_DELAY", "100")];
    builder.variables(&often).start().await
}

/// Runs user-client with this Jaeger in its environment, on a wide terminal.
async fn client(env: &TestEnv, arguments: &[&str]) -> Output {
    env.client_with(arguments, &[("COLUMNS", "120")]).await
}

/// The id of the trace of a workflow that was run.
async fn workflow(env: &TestEnv, name: &str) -> String {
    let output = client(env, &["workflow", name]).await;
    let mut lines = output.stderr.lines();
    let id = lines.find_map(|line| line.strip_prefix("trace "));
    id.unwrap_or_else(|| panic!("{output:?}")).to_owned()
}

fn file(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_waterfall_of_jaeger_has_the_spans_of_both_programs_and_errors_link_to_its_pages() {
    let env = start().await;
    let output = client(&env, &["get", "77", "--waterfall"]).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let (_, id) = output.stderr.split_once("(NOT_FOUND, trace ").unwrap();
    let id = &id[..32];
    let page = format!("{}/trace/{id}", env.jaeger().url());
    assert!(output.stderr.lines().any(|line| line == page), "{output:?}");
    assert!(
        output.stdout.starts_with(&format!("\ntrace {id}\n")),
        "{output:?}"
    );
    let has = |service: &str, name: &str| {
        let mut lines = output.stdout.lines();
        lines.any(|line| line.starts_with(service) && line.contains(name))
    };
    assert!(
        has("user-client", "user.v1.UserService/GetUser"),
        "{output:?}"
    );
    assert!(has("user-service", "SELECT users"), "{output:?}");
    assert!(!output.stderr.contains("incomplete"), "{output:?}");
}

#[tokio::test]
async fn an_error_as_json_has_the_link_in_a_field_be_it_a_row_or_not() {
    let env = start().await;
    for command in ["get", "lookup"] {
        let output = client(&env, &[command, "77", "--output", "json"]).await;
        let said = format!("{}{}", output.stdout, output.stderr);
        let object: serde_json::Value = serde_json::from_str(&said).unwrap();
        let id = object["error"]["trace_id"].as_str().unwrap();
        let page = format!("{}/trace/{id}", env.jaeger().url());
        assert_eq!(object["error"]["trace_url"], page, "{command}");
    }
}

#[tokio::test]
async fn a_trace_is_shown_by_its_id_as_it_is_drawn_by_the_run() {
    let env = start().await;
    let drawn = client(&env, &["workflow", "failure-tour", "--waterfall"]).await;
    let (_, picture) = drawn.stdout.split_once("\n\n").unwrap();
    let id = &picture["trace ".len()..][..32];
    let shown = client(&env, &["trace", "show", id]).await;
    assert_eq!(shown.status.code(), Some(0), "{shown:?}");
    assert_eq!(shown.stdout, picture);
    assert_eq!(shown.stderr, "");
    let rows = client(&env, &["trace", "show", id, "--output", "json"]).await;
    let spans = picture
        .lines()
        .filter(|line| line.starts_with("user-"))
        .count();
    assert_eq!(rows.stdout.lines().count(), spans, "{rows:?}");
}

#[tokio::test]
async fn a_trace_is_shown_by_the_url_of_its_page_without_more() {
    let env = start().await;
    let id = workflow(&env, "user-management").await;
    let page = format!("{}/trace/{id}?uiFind=x", env.jaeger().url());
    // JAEGER_URL is empty, and so counts as unset.
    let (arguments, unset) = (["trace", "show", &page], [("JAEGER_URL", "")]);
    let shown = env.client_with(&arguments, &unset).await;
    assert_eq!(shown.status.code(), Some(0), "{shown:?}");
    assert!(shown.stdout.contains(&id), "{shown:?}");

    let short = ["trace", "show", "00f067aa0ba902b7", "--wait", "300ms"];
    let shown = client(&env, &short).await;
    assert_eq!(shown.status.code(), Some(3), "{shown:?}");
    let padded = "000000000000000000f067aa0ba902b7";
    assert!(shown.stderr.contains(padded), "{shown:?}");
}

#[tokio::test]
async fn a_pipeline_tests_a_workflow_by_the_file_that_comes_with_it() {
    let env = start().await;
    let id = workflow(&env, "user-management").await;
    let output = client(&env, &["trace", "assert", &file(USER_MANAGEMENT), &id]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let answer = format!("trace {id} is as ");
    assert!(output.stdout.starts_with(&answer), "{output:?}");
}

#[tokio::test]
async fn a_trace_that_is_another_one_differs_and_exits_1() {
    let env = start().await;
    let id = workflow(&env, "fan-out").await;
    let wait = ["--wait", "2s"];
    let arguments = ["trace", "assert", &file(USER_MANAGEMENT), &id];
    let output = client(&env, &[&arguments[..], &wait].concat()).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(
        lines[0],
        "- user-client INTERNAL workflow user-management (line 8)"
    );
    let found = "+ user-client INTERNAL workflow fan-out and ";
    assert!(lines[1].starts_with(found), "{output:?}");
    let page = format!("{}/trace/{id}", env.jaeger().url());
    assert!(output.stderr.lines().any(|line| line == page), "{output:?}");
}

#[tokio::test]
async fn trace_id_is_read_from_the_output_of_a_workflow() {
    let env = start().await;
    let id = workflow(&env, "user-management").await;
    let expected = file(USER_MANAGEMENT);
    let arguments = ["trace", "assert", &expected, "--jaeger", env.jaeger().url()];
    let mut client = env.typing(&arguments);
    client
        .write(format!("user-management\ntrace {id}\n").as_bytes())
        .await;
    client.end_input();
    let status = client.wait(LIMIT).await;
    assert!(status.success(), "{}", client.text(Stream::Stderr));
}

#[tokio::test]
async fn what_is_wrong_is_told_by_the_exit_code_and_a_sentence() {
    let env = start().await;
    let files = tempfile::tempdir().unwrap();
    let wrong = files.path().join("wrong.yaml");
    std::fs::write(&wrong, "spans:\n- nam: a\n").unwrap();
    let unknown = "4bf92f3577b34da6a3ce929d0e0e4736";
    let service = env.url();
    let table: [(&[&str], i32, &str); 6] = [
        (
            &["trace", "show", unknown, "--wait", "300ms"],
            3,
            "was not found within 300ms",
        ),
        (
            &["trace", "show", "4bf92f"],
            2,
            "write the 32 hexadecimal digits",
        ),
        (
            &["trace", "show", unknown, "--jaeger", "http://127.0.0.1:1"],
            6,
            "check that it runs, and check --jaeger",
        ),
        (
            &["trace", "show", unknown, "--jaeger", service],
            6,
            "cannot query Jaeger at",
        ),
        (
            &["trace", "assert", wrong.to_str().unwrap(), unknown],
            2,
            "line 2, column 3",
        ),
        (
            &["trace", "assert", "nothing.yaml", unknown],
            2,
            "nothing.yaml: it cannot be read",
        ),
    ];
    for (arguments, code, words) in table {
        let output = client(&env, arguments).await;
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(output.stderr.contains(words), "{output:?}");
        assert_eq!(output.stdout, "", "{output:?}");
    }
    let nowhere = user_client(&["trace", "show", unknown], &[]).await;
    assert_eq!(nowhere.status.code(), Some(2), "{nowhere:?}");
    assert!(nowhere.stderr.contains("or JAEGER_URL"), "{nowhere:?}");
}
