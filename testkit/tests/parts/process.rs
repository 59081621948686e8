//! A child process is watched, signalled and never left behind.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use testkit::{Process, Signal, Stream};

const LIMIT: Duration = Duration::from_secs(60);

/// `test-servers` runs any command, so a shell can play the program under test.
fn shell(script: &str, variables: &[(&str, &str)]) -> Process {
    let (postgres, redis) = servers();
    let given = [
        ("TEST_DATABASE_URL", postgres.as_str()),
        ("TEST_REDIS_URL", redis.as_str()),
    ];
    Process::start(
        "test-servers",
        &["sh", "-c", script],
        &[&given, variables].concat(),
    )
}

fn servers() -> (String, String) {
    let url = |name| std::env::var(name).unwrap();
    (url("TEST_DATABASE_URL"), url("TEST_REDIS_URL"))
}

#[tokio::test]
async fn both_streams_and_the_exit_code_are_kept() {
    let mut process = shell("echo out; echo err >&2; printf unfinished; exit 3", &[]);
    assert_eq!(process.wait(LIMIT).await.code(), Some(3));
    assert_eq!(process.text(Stream::Stdout), "out\nunfinished\n");
    assert_eq!(process.text(Stream::Stderr), "err\n");
}

#[tokio::test]
async fn only_what_the_test_gives_reaches_the_program() {
    let mut process = shell("env", &[("CACHE_TTL", "1s")]);
    assert!(process.wait(LIMIT).await.success());
    let text = process.text(Stream::Stdout);
    assert!(text.contains("CACHE_TTL=1s\n"), "{text}");
    assert!(!text.contains("CARGO"), "{text}");
}

#[tokio::test]
async fn a_signal_is_passed_on_and_the_line_before_it_is_seen() {
    let mut process = shell(
        "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done",
        &[],
    );
    let line = process
        .wait_for_line(|line| line.starts_with("rea"), LIMIT)
        .await;
    assert_eq!(line, "ready");
    process.signal(Signal::TERM);
    assert_eq!(process.wait(LIMIT).await.code(), Some(7));
}

#[tokio::test]
async fn a_killed_process_has_no_exit_code() {
    let mut process = shell("echo ready; exec sleep 1", &[]);
    process.wait_for_line(|line| line == "ready", LIMIT).await;
    process.signal(Signal::KILL);
    assert_eq!(process.wait(LIMIT).await.signal(), Some(9));
}

#[tokio::test]
#[should_panic(expected = "did not write the line waited for")]
async fn a_line_that_never_comes_ends_the_wait_with_the_process() {
    shell("echo something else", &[])
        .wait_for_line(|line| line == "ready", LIMIT)
        .await;
}
