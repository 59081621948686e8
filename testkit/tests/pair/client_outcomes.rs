//! How user-client ends: an exit code for each outcome, and JSON that parses.

use std::time::Duration;

use serde_json::Value;
use testkit::{Output, Process, Signal, TableLock, TestEnv, user_client};

const CREATE: [&str; 5] = ["create", "--name", "Ada", "--email", "ada@example.com"];

async fn json(env: &TestEnv, arguments: &[&str]) -> Output {
    env.client(&[&["--output", "json"], arguments].concat())
        .await
}

/// The objects of a text, one a line.
fn objects(text: &str) -> Vec<Value> {
    let parse = |line: &str| serde_json::from_str(line).unwrap();
    text.lines().map(parse).collect()
}

/// The one error that was said, on standard error and alone.
fn error(output: &Output) -> Value {
    assert_eq!(output.stdout, "", "{output:?}");
    let [object] = &objects(&output.stderr)[..] else {
        panic!("not one error: {output:?}");
    };
    let error = &object["error"];
    assert_eq!(
        error["exit_code"].as_i64(),
        output.status.code().map(i64::from)
    );
    error.clone()
}

#[tokio::test]
async fn what_was_asked_for_is_on_standard_output_and_the_code_is_0() {
    let env = TestEnv::start().await;
    let created = json(&env, &CREATE).await;
    assert_eq!(created.status.code(), Some(0), "{created:?}");
    assert_eq!(objects(&created.stdout)[0]["user_id"], 1);
    let found = json(&env, &["get", "1", "1"]).await;
    assert_eq!(found.status.code(), Some(0), "{found:?}");
    let users = objects(&found.stdout);
    assert_eq!(users.len(), 2);
    assert_eq!(users[0]["email"], "ada@example.com");
    assert_eq!((found.stderr.as_str(), created.stderr.as_str()), ("", ""));
    let workflows = json(&env, &["workflow", "all"]).await;
    assert_eq!(workflows.status.code(), Some(0), "{workflows:?}");
    assert!(objects(&workflows.stdout).len() > 3);
    env.finish().await;
}

#[tokio::test]
async fn each_refusal_has_a_code_of_its_own_and_names_its_trace() {
    let env = TestEnv::start().await;
    assert_eq!(json(&env, &CREATE).await.status.code(), Some(0));
    let table: [(&[&str], i32, &str); 4] = [
        (&["get", "7"], 3, "NOT_FOUND"),
        (&["get", "0"], 4, "INVALID_ARGUMENT"),
        (
            &["create", "--name", "", "--email", "x"],
            4,
            "INVALID_ARGUMENT",
        ),
        (&CREATE, 5, "ALREADY_EXISTS"),
    ];
    for (arguments, exit_code, code) in table {
        let output = json(&env, arguments).await;
        assert_eq!(output.status.code(), Some(exit_code), "{output:?}");
        let error = error(&output);
        assert_eq!(error["code"], code);
        assert_eq!(error["trace_id"].as_str().unwrap().len(), 32);
    }
    env.finish().await;
}

#[tokio::test]
async fn the_worst_of_many_counts_and_what_was_found_is_shown() {
    let env = TestEnv::start().await;
    assert_eq!(json(&env, &CREATE).await.status.code(), Some(0));
    let output = json(&env, &["get", "7", "1", "0"]).await;
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert_eq!(objects(&output.stdout).len(), 1);
    assert_eq!(objects(&output.stderr).len(), 2);
    env.finish().await;
}

#[tokio::test]
async fn a_service_that_is_not_there_is_6() {
    // Port 1 is for the system alone, which has no use for it.
    let variables = [("USER_SERVICE", "http://127.0.0.1:1")];
    let output = user_client(&["--output", "json", "get", "1"], &variables).await;
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let error = error(&output);
    assert_eq!(error["code"], "UNAVAILABLE");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("http://127.0.0.1:1: connection refused"),
        "{message}"
    );
    assert!(message.contains("--server"), "{message}");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_7() {
    let env = TestEnv::start().await;
    let lock = TableLock::on_users(env.database()).await;
    let output = json(&env, &[&["--timeout", "300ms"], &CREATE[..]].concat()).await;
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    assert_eq!(error(&output)["code"], "DEADLINE_EXCEEDED");
    drop(lock);
    env.finish().await;
}

#[tokio::test]
async fn an_interruption_is_130_and_ends_the_call_as_cancelled() {
    let env = TestEnv::start().await;
    let mut lock = TableLock::on_users(env.database()).await;
    let collector = env.endpoint();
    let variables = [
        ("USER_SERVICE", env.url()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector),
    ];
    let mut client = Process::start("user-client", &CREATE, &variables);
    lock.wait_for_a_statement().await;

    client.signal(Signal::INT);

    let ended = client.wait(Duration::from_secs(30)).await;
    assert_eq!(ended.code(), Some(130));
    drop(lock);
    let (traces, _) = env.finish().await;
    let trace = crate::support::the_trace_with(&traces, "user.v1.UserService/CreateUser");
    let calls = trace
        .spans()
        .iter()
        .filter(|it| it.span.name.ends_with("/CreateUser"));
    let codes: Vec<_> = calls
        .map(|it| testkit::text(it, "rpc.response.status_code"))
        .collect();
    assert_eq!(codes, [Some("CANCELLED"); 2]);
}
