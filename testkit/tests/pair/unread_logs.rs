//! A log without a reader: its pipe is full, and a write to it would block indefinitely.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testkit::{Signal, Stream, UserService, program};
use tonic::Code;
use user_proto::v1::GetUserRequest;

use crate::metrics::{scrape, value};
use testkit::users::plain_client;

/// How long anything may take on a busy machine: what waits for a reader waits indefinitely.
const LIMIT: Duration = Duration::from_secs(30);
const DROPPED: &str = "user_service_log_lines_dropped_total";
/// What a pipe of Linux holds.
const PIPE_BYTES: usize = 64 * 1024;

/// A service that logs all that happens, and its spans too.
async fn talkative() -> UserService {
    let variables = [("RUST_LOG", "trace"), ("OTEL_TRACES_EXPORTER", "console")];
    UserService::start(&variables).await
}

async fn dropped(service: &UserService) -> f64 {
    value(&scrape(service).await, DROPPED, &[]).unwrap_or_default()
}

/// Calls `service`, none of which waits, until it has had to drop lines.
async fn call_until_lines_are_dropped(service: &UserService) {
    let mut client = plain_client(service.grpc_url()).await;
    let started = Instant::now();
    while dropped(service).await == 0.0 {
        assert!(started.elapsed() < LIMIT, "no line was dropped");
        for _ in 0..50 {
            let call = client.get_user(GetUserRequest { user_id: 1 });
            let answer = tokio::time::timeout(LIMIT, call).await.unwrap();
            assert_eq!(answer.unwrap_err().code(), Code::NotFound);
        }
    }
}

#[tokio::test]
async fn unread_log_delays_no_call_probe_or_shutdown() {
    let mut service = talkative().await;
    service.process().pause_reading();
    let called = tokio::time::timeout(LIMIT, call_until_lines_are_dropped(&service));
    called.await.unwrap();
    assert_eq!(service.get("/livez").await, (200, "alive\n".to_owned()));

    service.process().signal(Signal::TERM);

    assert!(service.process().wait(LIMIT).await.success());
}

#[tokio::test]
async fn log_that_is_read_again_says_how_many_lines_are_missing() {
    let mut service = talkative().await;
    service.process().pause_reading();
    call_until_lines_are_dropped(&service).await;
    service.process().read_on();
    let is_note = |line: &str| line.contains("log lines were dropped");
    service.process().wait_for_line(is_note, LIMIT).await;

    service.process().signal(Signal::TERM);

    assert!(service.process().wait(LIMIT).await.success());
    let text = service.process().text(Stream::Stdout);
    let lines = text.lines().map(serde_json::from_str::<serde_json::Value>);
    let lines: Vec<serde_json::Value> = lines.map(Result::unwrap).collect();
    let missing = lines.iter().filter_map(|line| line["lines"].as_u64());
    assert!(missing.sum::<u64>() > 0);
    assert!(lines.iter().any(|line| line["message"] == "stopped"));
}

/// Runs user-service with a standard error that is full, and returns its exit code.
async fn code_of_end_that_nobody_reads(arguments: &[&str], url: &str) -> Option<i32> {
    let (_reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&vec![b'\n'; PIPE_BYTES]).unwrap();
    let mut command = Command::new(program("user-service"));
    command.args(arguments).env_clear().env("DATABASE_URL", url);
    command.stdout(Stdio::null()).stderr(writer);
    let mut child = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let ended = tokio::time::timeout(LIMIT, child.wait()).await;
    ended.unwrap().unwrap().code()
}

#[tokio::test]
async fn failed_start_exits_even_if_stderr_is_not_read() {
    assert_eq!(
        code_of_end_that_nobody_reads(&["migrate"], "mysql://h/d").await,
        Some(1)
    );
    assert_eq!(
        code_of_end_that_nobody_reads(&["--no-such"], "").await,
        Some(2)
    );
}
