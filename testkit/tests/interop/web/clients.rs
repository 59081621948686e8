//! Programs of others that call user-service through the gateway.

use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{Process, TestEnv};
use tokio::process::Command;
use tokio::time::timeout;
use user_proto::v1::FILE_DESCRIPTOR_SET;

use crate::peers;

const LIMIT: Duration = Duration::from_secs(300);
const GATEWAY: [&str; 9] = [
    "gateway",
    "--gateway-addr",
    "127.0.0.1:0",
    "--gateway-http-addr",
    "127.0.0.1:0",
    "--log-format",
    "json",
    "--jaeger",
    "http://127.0.0.1:16686",
];

/// A gateway, and its address as a URL.
async fn gateway(env: &TestEnv) -> (Process, String) {
    let mut process = env.typing(&GATEWAY);
    let is_serving = |line: &str| line.contains(r#""message":"serving""#);
    let line = process.wait_for_line(is_serving, LIMIT).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    let url = format!("http://{}", line["gateway"].as_str().unwrap());
    (process, url)
}

/// Runs the program in `variable`, if there is one, with the address of a gateway and `argument`.
async fn call(variable: &str, argument: &str) {
    let Some(peer) = peers::command(variable) else {
        return;
    };
    let started = Instant::now();
    let env = TestEnv::builder().collector().start().await;
    let (_process, url) = gateway(&env).await;
    let mut command = Command::new(&peer[0]);
    command.args(&peer[1..]).args([&url, argument]);
    let output = timeout(LIMIT, command.kill_on_drop(true).output()).await;
    let output = output.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    println!("\n{text}{:.1} s", started.elapsed().as_secs_f64());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node: run `cargo xtask interop --gateway`"]
async fn clients_of_connect_es_make_every_call() {
    let folder = tempfile::tempdir().unwrap();
    let descriptors = folder.path().join("user.bin");
    std::fs::write(&descriptors, FILE_DESCRIPTOR_SET).unwrap();
    call("INTEROP_CONNECT", &descriptors.display().to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python with OpenAPI's tools: run `cargo xtask interop --gateway`"]
async fn the_openapi_document_is_valid_and_its_calls_have_no_server_error() {
    let folder = tempfile::tempdir().unwrap();
    call("INTEROP_OPENAPI", &folder.path().display().to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and Node: run `cargo xtask interop --gateway`"]
async fn a_browser_clicks_through_the_page() {
    let browser = std::env::var("CHROMIUM").unwrap_or_default();
    call("INTEROP_CHROMIUM", &browser).await;
}
