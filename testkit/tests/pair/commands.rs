//! The streaming commands of user-client, as a user meets them.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use testkit::{FaultProxy, Mode, Process, Signal, Stream, TestEnv, user_client};

use crate::support::the_trace_with;

const LIMIT: Duration = Duration::from_secs(30);

/// The exit codes that the README lists.
const NOT_FOUND: Option<i32> = Some(3);
const INVALID: Option<i32> = Some(4);
const UNAVAILABLE: Option<i32> = Some(6);
const DEADLINE_EXCEEDED: Option<i32> = Some(7);
const REJECTED: Option<i32> = Some(8);
const INTERRUPTED: Option<i32> = Some(130);

/// Files of one test.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The path of a new file with this content.
    pub(crate) fn with(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

pub(crate) fn csv(rows: std::ops::Range<usize>) -> String {
    let row = |index| format!("user{index}@example.com,User {index},\n");
    let rows: String = rows.map(row).collect();
    format!("email,name,phone\n{rows}")
}

/// The summary of an import with `--output json`.
async fn import(env: &TestEnv, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = env
        .client(&[&["import", "--output", "json"], arguments].concat())
        .await;
    let summary = serde_json::from_str(&output.stdout);
    (
        output.status.code(),
        summary.unwrap_or_else(|_| panic!("{output:?}")),
    )
}

#[tokio::test]
async fn repeated_import_creates_no_duplicates() {
    let (env, files) = (TestEnv::start().await, Files::new());
    // More than one call takes.
    let file = files.with("users.csv", csv(0..5_001));
    for _ in 0..2 {
        let (code, summary) = import(&env, &[&file]).await;
        assert_eq!(code, Some(0), "{summary}");
        assert_eq!(
            (&summary["rows"], &summary["imported"]),
            (&5_001.into(), &5_001.into())
        );
    }
    let listed = env.client(&["list", "--output", "json"]).await;
    assert_eq!(listed.stdout.lines().count(), 5_001);
    assert_eq!(listed.status.code(), Some(0));
    let (traces, _) = env.finish().await;
    let imports = traces
        .iter()
        .filter(|trace| trace.spans().iter().any(|it| it.span.name == "import"));
    for trace in imports {
        let calls = "  user-client CLIENT user.v1.UserService/CreateUsers\n";
        assert_eq!(trace.tree().matches(calls).count(), 2, "{}", trace.tree());
        assert!(trace.orphans().is_empty(), "{}", trace.tree());
    }
}

#[tokio::test]
async fn rejected_rows_can_be_mended_and_imported_again() {
    let (env, files) = (TestEnv::start().await, Files::new());
    let rows = b"name,email\r\nAda,ada@example.com\r\nBob,no address\r\nB\xf6b,b@example.com\r\nC\r\nEve,ADA@example.com\r\n";
    let file = files.with("users.csv", rows);
    let rejects = files.path("rejects.csv");
    let rejects = rejects.to_str().unwrap();

    let (code, summary) = import(&env, &[&file, "--rejects", rejects]).await;
    assert_eq!(code, REJECTED, "{summary}");
    assert_eq!(
        (&summary["imported"], &summary["rejected"]),
        (&1.into(), &4.into())
    );
    let written = std::fs::read(rejects).unwrap();
    let text = String::from_utf8_lossy(&written);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "name,email,phone,line,reason");
    assert!(
        lines[1].starts_with("Bob,no address,,3,\"email: "),
        "{text}"
    );
    assert_eq!(
        lines[2],
        "B\u{fffd}b,b@example.com,,4,name: is not valid UTF-8"
    );
    assert!(lines[3].starts_with("C,,,5,has 1 fields"), "{text}");
    assert!(lines[4].starts_with("Eve,ADA@example.com,,6,"), "{text}");

    let mended = text
        .replace("no address", "bob@example.com")
        .replace('\u{fffd}', "ö")
        .replace("C,,", "C,c@example.com,")
        .replace("ADA@", "eve@");
    let mended = files.with("mended.csv", mended);
    let (code, summary) = import(&env, &[&mended]).await;
    assert_eq!(
        (code, &summary["imported"]),
        (Some(0), &4.into()),
        "{summary}"
    );
}

#[tokio::test]
async fn lines_of_json_are_known_by_their_beginning_on_standard_input() {
    let (env, files) = (TestEnv::start().await, Files::new());
    let rejects = files.path("rejects.ndjson");
    let arguments = ["import", "-", "--rejects", rejects.to_str().unwrap()];
    let mut client = env.typing(&arguments);
    client
        .write(b"{\"name\":\"Ada\",\"email\":\"ada@example.com\"}\nnothing\n{\"name\":\"\",\"email\":\"b@example.com\"}\n")
        .await;
    client.end_input();
    assert_eq!(client.wait(LIMIT).await.code(), REJECTED);
    let said = client.text(Stream::Stdout);
    assert!(said.starts_with("imported 1 of 3 rows"), "{said}");
    assert!(said.trim_end().ends_with("2 rejected"), "{said}");
    let written = std::fs::read_to_string(&rejects).unwrap();
    let rejected: Vec<Value> = written
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&rejected[0]["text"], &rejected[0]["line"]),
        (&"nothing".into(), &2.into())
    );
    assert_eq!(rejected[1]["email"], "b@example.com");
    assert!(
        rejected[1]["reason"]
            .as_str()
            .unwrap()
            .starts_with("name: ")
    );
}

#[tokio::test]
async fn a_user_is_the_same_one_in_either_format() {
    let (env, files) = (TestEnv::start().await, Files::new());
    let (code, summary) = import(&env, &[&files.with("users.csv", csv(0..3))]).await;
    assert_eq!(code, Some(0), "{summary}");
    let object =
        |index| format!("{{\"name\":\"User {index}\",\"email\":\"user{index}@example.com\"}}\n");
    // Three who are there already, and one more.
    let lines: String = (0..4).map(object).collect();
    let (code, summary) = import(&env, &[&files.with("users.ndjson", lines)]).await;
    assert_eq!(
        (code, &summary["imported"]),
        (Some(0), &4.into()),
        "{summary}"
    );
    let listed = env.client(&["list", "--output", "json"]).await;
    assert_eq!(listed.stdout.lines().count(), 4, "{listed:?}");
}

#[tokio::test]
async fn what_cannot_be_imported_is_told_and_never_a_crash() {
    let (env, files) = (TestEnv::start().await, Files::new());
    let table = [
        (files.with("wide.csv", b"\xff\xfen\0a\0"), "it is in UTF-16"),
        (
            files.with("colons.csv", "name:email\n"),
            "separated by commas",
        ),
        (files.with("empty.csv", ""), "it is empty; write the titles"),
        ("/nonexistent.csv".to_owned(), "No such file"),
    ];
    for (file, expected) in table {
        let output = env.client(&["import", &file]).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains(expected), "{output:?}");
        assert!(!output.stderr.contains("panicked"), "{output:?}");
    }
    let file = files.with("users.csv", csv(0..1));
    let output = env.client(&["import", &file, "--rejects", &file]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), csv(0..1));
}

#[tokio::test]
async fn a_quote_that_is_never_closed_is_one_reject_and_all_other_rows_are_in() {
    let (env, files) = (TestEnv::start().await, Files::new());
    let rejects = files.path("rejects.csv");
    // More after it than a record may have.
    let rest: String = csv(0..4_000).split_inclusive('\n').skip(1).collect();
    let rows = format!("email,name,phone\n\"ada@example.com,Ada,\n{rest}");
    let file = files.with("users.csv", rows);
    let arguments = [&file, "--rejects", rejects.to_str().unwrap()];
    let (code, summary) = import(&env, &arguments).await;
    assert_eq!(code, REJECTED, "{summary}");
    assert_eq!(
        (&summary["imported"], &summary["rejected"]),
        (&4_000.into(), &1.into())
    );
    let written = std::fs::read_to_string(&rejects).unwrap();
    assert!(written.contains("ada@example.com,Ada,"), "{written}");
    assert!(written.contains(",2,\"has a quote that"), "{written}");
}

#[tokio::test]
async fn an_import_outlives_an_outage_and_gives_up_on_a_longer_one() {
    let (env, files) = (TestEnv::start().await, Files::new());
    let file = files.with("users.csv", csv(0..10));
    let proxy = FaultProxy::in_front_of(env.url()).await;
    let url = proxy.url();
    let variables = [("USER_SERVICE", url)];

    proxy.set(Mode::Refuse);
    let output = user_client(&["import", &file], &variables).await;
    assert_eq!(output.status.code(), UNAVAILABLE, "{output:?}");
    assert!(
        output.stderr.contains("import the file again"),
        "{output:?}"
    );

    let mut client = Process::start("user-client", &["import", &file], &variables);
    client
        .wait_for_line(|line| line.contains("retrying a failed call"), LIMIT)
        .await;
    proxy.set(Mode::Pass);
    assert_eq!(client.wait(LIMIT).await.code(), Some(0));
}

#[tokio::test]
async fn ids_are_answered_in_their_order_and_a_bad_one_spoils_no_other() {
    let (env, files) = (TestEnv::start().await, Files::new());
    import(&env, &[&files.with("users.csv", csv(0..3))]).await;
    let output = env
        .client(&["lookup", "3", "99", "1", "--output", "json"])
        .await;
    assert_eq!(output.status.code(), NOT_FOUND, "{output:?}");
    let rows: Vec<Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ids: Vec<_> = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [3, 99, 1]);
    assert_eq!(rows[1]["error"]["code"], "NOT_FOUND");

    let mut client = env.typing(&["lookup"]);
    client.write(b"2\nsecond\n\xff\n").await;
    client.end_input();
    assert_eq!(client.wait(LIMIT).await.code(), INVALID);
    let (told, shown) = (client.text(Stream::Stderr), client.text(Stream::Stdout));
    assert!(told.contains("line 2: 'second' is not an id"), "{told}");
    assert!(told.contains("line 3: "), "{told}");
    assert_eq!(shown.lines().count(), 2, "{shown}");
}

#[tokio::test]
async fn an_id_that_is_typed_is_answered_before_the_next() {
    let (env, files) = (TestEnv::start().await, Files::new());
    import(&env, &[&files.with("users.csv", csv(0..2))]).await;
    let mut client = env.typing(&["lookup", "-"]);
    for id in ["1", "2"] {
        client.write(format!("{id}\n").as_bytes()).await;
        client
            .wait_for_line(|line| line.trim_start().starts_with(id), LIMIT)
            .await;
    }
    client.signal(Signal::INT);
    assert_eq!(client.wait(LIMIT).await.code(), INTERRUPTED);
    let (traces, _) = env.finish().await;
    let trace = the_trace_with(&traces, "user.v1.UserService/GetUsers");
    assert!(trace.orphans().is_empty(), "{}", trace.tree());
}

#[tokio::test]
async fn a_list_whose_reader_has_enough_ends_quietly_and_well() {
    let (env, files) = (TestEnv::start().await, Files::new());
    // More than a pipe holds.
    import(&env, &[&files.with("users.csv", csv(0..5_000))]).await;
    let mut client = env.typing(&["list"]);
    client.stop_reading();
    assert_eq!(client.wait(LIMIT).await.code(), Some(0));
    assert_eq!(client.text(Stream::Stderr), "");
}

#[tokio::test]
async fn a_stream_may_take_long_unless_a_timeout_is_given() {
    let env = TestEnv::start().await;
    // Its input stays open, so the call never ends by itself.
    let mut client = env.typing(&["lookup", "--timeout", "500ms"]);
    assert_eq!(client.wait(LIMIT).await.code(), DEADLINE_EXCEEDED);
    let said = client.text(Stream::Stderr);
    assert!(
        said.contains("within 500ms; allow more with --timeout"),
        "{said}"
    );
}

#[tokio::test]
async fn a_list_goes_on_from_where_the_last_one_ended() {
    let (env, files) = (TestEnv::start().await, Files::new());
    import(&env, &[&files.with("users.csv", csv(0..5))]).await;
    let first = env.client(&["list", "--limit", "2"]).await;
    let last = first.stderr.trim().rsplit(' ').next().unwrap();
    let rest = env.client(&["list", "--after", last]).await;
    assert_eq!(first.stdout.lines().count(), 1 + 2, "{first:?}");
    assert_eq!(rest.stdout.lines().count(), 1 + 3, "{rest:?}");
    assert_eq!(rest.stderr, "");
}

#[tokio::test]
async fn bulk_onboarding_is_one_trace_with_one_span_a_side_for_each_stream() {
    let env = TestEnv::configured(&[]).await;
    let output = env.client(&["workflow", "bulk-onboarding"]).await;
    assert!(output.status.success(), "{output:?}");
    let (traces, _) = env.finish().await;
    let trace = the_trace_with(&traces, "workflow bulk-onboarding");
    assert!(trace.orphans().is_empty(), "{}", trace.tree());
    let tree = trace.tree();
    for method in ["CreateUsers", "GetUsers", "ListUsers"] {
        for (side, depth) in [("user-client CLIENT", 2), ("user-service SERVER", 4)] {
            let line = format!("\n{:depth$}{side} user.v1.UserService/{method}\n", "");
            assert_eq!(tree.matches(&line).count(), 1, "{tree}");
        }
    }
}

#[tokio::test]
async fn the_waterfall_of_bulk_onboarding_lacks_nothing_in_text_and_image() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("waterfall.svg");
    let address = own_address();
    let endpoint = format!("http://{address}");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ];
    let env = TestEnv::configured(&variables).await;
    let arguments = [
        "workflow",
        "bulk-onboarding",
        "--waterfall",
        "--otlp-listen",
        &address,
        "--svg",
        image.to_str().unwrap(),
    ];
    let output = env.client(&arguments).await;
    assert!(output.status.success(), "{output:?}");
    assert!(!output.stderr.contains("incomplete"), "{output:?}");
    let image = std::fs::read_to_string(image).unwrap();
    assert!(image.starts_with("<svg"), "{image}");
    assert_eq!(image.matches("UserService/").count(), 6, "{image}");
    let drawn = |words: &[&str]| {
        let has_all = |line: &&str| words.iter().all(|word| line.contains(word));
        output.stdout.lines().filter(has_all).count()
    };
    for method in ["CreateUsers", "GetUsers", "ListUsers"] {
        let name = format!("/{method} ");
        assert_eq!(drawn(&["user-client", "CLIENT", &name]), 1, "{output:?}");
        assert_eq!(drawn(&["user-service", "SERVER", &name]), 1, "{output:?}");
    }
    assert_eq!(drawn(&["INTERNAL", "workflow bulk-onboarding"]), 1);
}

/// An address that no other process of the tests listens on: both programs have
/// to know it before either of them starts, so the system can't choose it.
pub(crate) fn own_address() -> String {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    // Process ids have at most 22 bits.
    format!("127.{}.{middle}.{low}:4317", 64 + high)
}
