//! What user-client says on a terminal: long waits, interrupted imports, lines that fit.

use std::path::Path;
use std::time::Duration;

use testkit::{END_OF_INPUT, Signal, Terminal, TestEnv, program, user_client};
use tokio::net::TcpListener;

use crate::commands::Files;

const LIMIT: Duration = Duration::from_secs(30);
const INTERRUPTED: Option<i32> = Some(130);

/// The cells of the widest line, without the control sequences of colours and bars.
fn widest(screen: &str) -> usize {
    let plain: String = screen
        .split('\u{1b}')
        .enumerate()
        .map(|(index, part)| match index {
            0 => part,
            _ => part.trim_start_matches(|it: char| !it.is_ascii_alphabetic()),
        })
        .map(|part| part.strip_prefix(['m', 'K', 'A', 'J']).unwrap_or(part))
        .collect();
    let lines = plain.split(['\r', '\n']);
    lines.map(|line| line.chars().count()).max().unwrap_or(0)
}

fn named_pipe(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
}

#[tokio::test]
async fn a_table_fits_the_terminal() {
    let env = TestEnv::configured(&[]).await;
    let name = "Ada Lovelace, Countess of Lovelace, a name that is long";
    let email = "ada.lovelace.countess@analytical-engine.example.com";
    let arguments = ["create", "--name", name, "--email", email];
    assert!(env.client(&arguments).await.status.success());
    for command in ["list", "get 1", "lookup 1"] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let mut terminal = env.terminal(&arguments, 80);
        assert!(terminal.wait(LIMIT).await.success());
        let screen = terminal.text();
        assert!(
            screen.contains("Ada Lov") && screen.contains('…'),
            "{screen}"
        );
        assert!(widest(&screen) <= 80, "{screen}");
    }
    let piped = env.client(&["list"]).await;
    assert!(piped.stdout.contains(name), "{piped:?}");
}

#[tokio::test]
async fn lookup_says_that_it_reads_ids_from_the_keyboard() {
    let env = TestEnv::configured(&[]).await;
    let mut terminal = env.terminal(&["lookup"], 80);
    let sentence = "reading ids from standard input, one a line; Ctrl-D ends";
    terminal.wait_for(sentence, LIMIT).await;
    terminal.type_in(END_OF_INPUT);
    assert!(terminal.wait(LIMIT).await.success());
}

#[tokio::test]
async fn a_call_without_a_response_says_what_it_waits_for() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let variables = [
        ("USER_SERVICE", server.as_str()),
        ("OTEL_SDK_DISABLED", "true"),
    ];
    let client = program("user-client");
    let mut terminal = Terminal::start(client, &["get", "1"], &variables, 80);
    let sentence = format!("waiting for user-service at {server}");
    terminal.wait_for(&sentence, LIMIT).await;
    terminal.signal(Signal::INT);
    assert_eq!(terminal.wait(LIMIT).await.code(), INTERRUPTED);
}

#[tokio::test]
async fn a_waterfall_says_that_it_waits_for_spans() {
    let env = TestEnv::configured(&[]).await;
    let id = env.a_user().await.to_string();
    let arguments = ["get", &id, "--waterfall", "--otlp-listen", "localhost:0"];
    let mut terminal = env.terminal(&arguments, 200);
    let sentence = "waiting for spans of user-service on 127.0.0.1:";
    terminal.wait_for(sentence, LIMIT).await;
    let advice = "(it exports every 5 s; OTEL_BSP_SCHEDULE_DELAY=200 is faster)";
    terminal.wait_for(advice, LIMIT).await;
    terminal.signal(Signal::INT);
    assert_eq!(terminal.wait(LIMIT).await.code(), INTERRUPTED);
}

#[tokio::test]
async fn interrupted_bench_shows_what_it_measured() {
    let env = TestEnv::configured(&[]).await;
    env.a_user().await;
    let arguments = ["bench", "get", "--ids", "1", "--duration", "1m"];
    let mut terminal = env.terminal(&arguments, 80);
    terminal.wait_for("measuring for 1m", LIMIT).await;
    terminal.signal(Signal::INT);
    terminal.wait_for(" per second", LIMIT).await;
    terminal.wait_for("interrupted after ", LIMIT).await;
    assert_eq!(terminal.wait(LIMIT).await.code(), INTERRUPTED);
    env.finish().await;
}

#[tokio::test]
async fn an_interrupted_import_says_what_is_stored_and_its_bar_fits_a_narrow_terminal() {
    let (env, files) = (TestEnv::configured(&[]).await, Files::new());
    let pipe = files.path("users.csv");
    named_pipe(&pipe);
    let mut terminal = env.terminal(&["import", pipe.to_str().unwrap()], 40);
    // Stays open, so that the import has more to wait for.
    let mut input = tokio::fs::File::create(&pipe).await.unwrap();
    let rows = crate::commands::csv(0..5_001);
    tokio::io::AsyncWriteExt::write_all(&mut input, rows.as_bytes())
        .await
        .unwrap();
    terminal.wait_for("5,000 stored, 0 rejected", LIMIT).await;
    assert!(widest(&terminal.text()) <= 40, "{:?}", terminal.text());
    terminal.signal(Signal::INT);
    assert_eq!(terminal.wait(LIMIT).await.code(), INTERRUPTED);
    let sentence = "interrupted: 5,000 rows are stored; import the file again to continue, \
        no user is created twice\r\ntrace ";
    let screen = terminal.text();
    assert!(screen.contains(sentence), "{screen:?}");
}

#[tokio::test]
async fn each_invalid_field_has_a_line() {
    let env = TestEnv::configured(&[]).await;
    let arguments = ["create", "--name", "", "--email", "nobody"];
    let output = env.client(&arguments).await;
    let lines: Vec<&str> = output.stderr.lines().collect();
    let head = "error: 2 fields are invalid (INVALID_ARGUMENT, trace ";
    assert!(lines[0].starts_with(head), "{output:?}");
    assert!(lines[1].starts_with("  name: "), "{output:?}");
    assert!(lines[2].starts_with("  email: "), "{output:?}");
    assert_eq!(lines.len(), 3, "{output:?}");
}

#[tokio::test]
async fn only_a_loopback_address_gets_the_advice_to_start_the_service() {
    let cases = [
        (
            "http://nohost.invalid:1",
            "cannot resolve nohost.invalid; check --server",
        ),
        (
            "http://127.0.0.1:1",
            "start it with `cargo run -p user-service`",
        ),
    ];
    for (server, sentence) in cases {
        let output = user_client(&["get", "1", "--server", server], &[]).await;
        assert!(output.stderr.contains(sentence), "{output:?}");
        let hint = output.stderr.contains("cargo");
        assert_eq!(hint, server.contains("127.0.0.1"), "{output:?}");
    }
}

#[tokio::test]
async fn a_file_of_rejects_that_cannot_be_written_is_named() {
    let (env, files) = (TestEnv::configured(&[]).await, Files::new());
    let users = files.with("users.csv", "name,email\nAda,ada@example.com\n");
    let output = env
        .client(&["import", &users, "--rejects", "no/such/folder.csv"])
        .await;
    let sentence = "cannot write no/such/folder.csv: ";
    assert!(output.stderr.contains(sentence), "{output:?}");
}

#[tokio::test]
async fn a_list_that_ends_at_its_limit_announces_no_more() {
    let (env, files) = (TestEnv::configured(&[]).await, Files::new());
    let users = files.with("users.csv", crate::commands::csv(0..3));
    assert!(env.client(&["import", &users]).await.status.success());
    let output = env.client(&["list", "--limit", "2"]).await;
    assert_eq!(output.stderr, "more users follow: list --after 2\n");
    let output = env.client(&["list", "--limit", "3"]).await;
    assert_eq!(output.stderr, "");
}

#[tokio::test]
async fn each_trace_is_drawn_below_its_workflow_and_named_once() {
    let address = crate::commands::own_address();
    let endpoint = format!("http://{address}");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ];
    let env = TestEnv::configured(&variables).await;
    let arguments = ["workflow", "all", "--waterfall", "--otlp-listen", &address];
    let output = env.client(&arguments).await;
    assert!(output.status.success(), "{output:?}");
    let is_heading = |line: &&str| !line.starts_with([' ', 'S', 'u']) || line.starts_with("user-m");
    let headings = output.stdout.lines().filter(is_heading);
    let headings: Vec<_> = headings
        .filter_map(|line| line.split(' ').next())
        .filter(|word| !word.is_empty() && !word.starts_with(|it: char| it.is_ascii_digit()))
        .collect();
    let expected = [
        "user-management",
        "trace",
        "bulk-onboarding",
        "trace",
        "fan-out",
        "trace",
        "failure-tour",
        "trace",
    ];
    assert_eq!(headings, expected, "{output:?}");
    assert!(!output.stderr.contains("trace "), "{output:?}");
}
