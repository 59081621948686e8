//! h2spec: HTTP/2 by its specification, without TLS.

use std::time::Duration;

use testkit::UserService;
use tokio::process::Command;
use tokio::time::timeout;

use crate::peers;

const LIMIT: Duration = Duration::from_secs(300);

/// Cases that ask for what a service of gRPC does not do. h2spec calls `GET /`, to which the
/// response is 405 with headers alone; and a call that is refused at once leaves its place to
/// the next one, so that no stream is over the limit.
const NOT_OURS: [&str; 3] = [
    "Sends a WINDOW_UPDATE frame on half-closed (remote) stream",
    "Sends a PRIORITY frame on half-closed (remote) stream",
    "Sends HEADERS frames that causes their advertised concurrent stream limit to be exceeded",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs h2spec: run `cargo xtask interop`"]
async fn http2_is_spoken_as_its_specification_says() {
    let Some(h2spec) = peers::command("INTEROP_H2SPEC") else {
        return;
    };
    let service = UserService::embedded(&[]).await;
    let port = service.grpc_url().rsplit_once(':').unwrap().1;
    let mut command = Command::new(&h2spec[0]);
    command.args(["--host", "127.0.0.1", "--port", port, "--timeout", "5"]);
    let output = timeout(LIMIT, command.kill_on_drop(true).output()).await;
    let output = String::from_utf8(output.unwrap().unwrap().stdout).unwrap();

    let (_, failures) = output.split_once("Failures:").unwrap_or_default();
    let failed = failures.lines().filter_map(|line| {
        let (_, case) = line.trim().strip_prefix("× ")?.split_once(": ")?;
        Some(case)
    });
    let ours: Vec<&str> = failed.filter(|case| !NOT_OURS.contains(case)).collect();
    println!("\nh2spec: {}", output.lines().last().unwrap_or_default());
    assert!(output.contains("tests, "), "{output}");
    assert!(ours.is_empty(), "{ours:#?}\n{failures}");
    assert!(service.stop().await.success());
}
