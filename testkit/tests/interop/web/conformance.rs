//! The Connect conformance suite: Connect and gRPC-Web by the gateway, gRPC by grpc-server. Its
//! folder of sources has what is served, and the cases that fail with the reasons.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::time::timeout;

use crate::peers;
use crate::table::Table;

const LIMIT: Duration = Duration::from_secs(300);

/// Runs the suite with the configuration `name`; returns the line that has its counts.
async fn run(suite: &str, server: &str, name: &str) -> Result<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/connect-conformance");
    let file = |suffix: &str| format!("{}/{name}{suffix}", folder.display());
    let mut command = Command::new(suite);
    command.args(["--mode", "server", "--conf", &file(".yaml")]);
    command.args([
        "--known-failing",
        &format!("@{}", file("-known-failing.txt")),
    ]);
    command.args(["--", server]);
    let output = timeout(LIMIT, command.kill_on_drop(true).output()).await;
    let output = output
        .map_err(|_| "the suite did not end".to_owned())?
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (cases, counts) = text.rsplit_once("Total cases: ").unwrap_or_default();
    match output.status.success() {
        true => Ok(counts.trim().replace('\n', ", ")),
        false => Err(format!(
            "{counts}\n{cases}{}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the Connect conformance suite: run `cargo xtask interop --gateway`"]
async fn connect_and_grpc_are_spoken_as_their_conformance_suite_says() {
    let Some(suite) = peers::command("INTEROP_CONFORMANCE") else {
        return;
    };
    let mut table = Table::new("server | protocols | counts");
    for (name, cells) in [
        ("gateway", "gateway | Connect, gRPC-Web"),
        ("grpc", "grpc-server | gRPC"),
    ] {
        let started = Instant::now();
        let outcome = run(&suite[0], &suite[1], name).await;
        let counts = outcome.as_deref().unwrap_or("-").to_owned();
        table.add(&format!("{cells} | {counts}"), started, outcome.map(drop));
    }
    table.assert_none_failed();
}
