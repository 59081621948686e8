//! Other programs as servers of user-client, whose output goes into a pipe that is read slowly.

use std::process::Stdio;
use std::time::{Duration, Instant};

use testkit::program;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::peers;
use crate::table::Table;

const LIMIT: Duration = Duration::from_secs(300);
/// How long the output of user-client is not read at first: a pipe has 64 KiB.
const UNREAD: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop`"]
async fn servers_that_send_a_frame_for_each_message_are_read_slowly() {
    let users = peers::messages();
    let mut table = Table::new("server | command | messages | reader");
    for peer in peers::all() {
        let (_server, url) = peer.serve(users).await;
        for command in ["list", "lookup", "import"] {
            let started = Instant::now();
            let outcome = run(&url, command, users).await;
            let cells = format!("{} | {command} | {users} | slow pipe", peer.name);
            table.add(&cells, started, outcome);
        }
    }
    table.assert_none_failed();
}

/// Runs a command of user-client against the server at `url`.
///
/// # Errors
/// When it fails, or prints another number of lines than there are users.
async fn run(url: &str, command: &str, users: usize) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let mut client = Command::new(program("user-client"));
    client
        .env("OTEL_SDK_DISABLED", "true")
        .args(["--server", url, "--output", "json", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if command == "import" {
        std::fs::write(&file, csv(users)).unwrap();
        client.arg(&file);
    }
    let mut client = client.spawn().unwrap();
    let ids = if command == "lookup" { users } else { 0 };
    let feeding = feed(client.stdin.take().unwrap(), ids);
    let feeding = AbortOnDropHandle::new(tokio::spawn(feeding));
    let lines = AbortOnDropHandle::new(tokio::spawn(lines(client.stdout.take().unwrap())));
    let ended = timeout(LIMIT, client.wait_with_output()).await;
    let ended = ended.map_err(|_| format!("not over within {LIMIT:?}"))?;
    let ended = ended.unwrap();
    drop(feeding);
    let lines = lines.await.unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    if !ended.status.success() {
        return Err(format!("{}: {said}", ended.status));
    }
    // An import succeeds only if each row was created; its report is one line.
    let expected = if command == "import" { 1 } else { users };
    match lines == expected {
        true => Ok(()),
        false => Err(format!("{lines} of {expected} lines")),
    }
}

fn csv(users: usize) -> String {
    let rows = (1..=users).map(|number| format!("A,a{number}@x.io\n"));
    "name,email\n".to_owned() + &rows.collect::<String>()
}

/// Writes this many ids to look up.
async fn feed(mut input: ChildStdin, ids: usize) {
    let ids: String = (1..=ids).map(|id| format!("{id}\n")).collect();
    // It fails when the reader is gone, and that has its own error.
    let _ = input.write_all(ids.as_bytes()).await;
}

/// How many lines come out, read after a while and then in small pieces.
async fn lines(mut output: ChildStdout) -> usize {
    tokio::time::sleep(UNREAD).await;
    let mut piece = vec![0; 16 * 1024];
    let mut lines = 0;
    loop {
        let count = output.read(&mut piece).await.unwrap();
        if count == 0 {
            return lines;
        }
        lines += piece[..count].iter().filter(|byte| **byte == b'\n').count();
    }
}
