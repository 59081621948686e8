//! `/metrics` in each format, compressed and not.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;
use testkit::{TestEnv, UserService};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use xtask::tools;

use testkit::users::ada;

/// The head and the body of `/metrics` for a reader that sends `headers`.
async fn read(service: &UserService, headers: &str) -> (String, Vec<u8>) {
    let address = service.http_url().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /metrics HTTP/1.0\r\nhost: {address}\r\n{headers}\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    connection.read_to_end(&mut response).await.unwrap();
    let end = b"\r\n\r\n";
    let at = response.windows(4).position(|it| it == end).unwrap();
    let head = String::from_utf8(response[..at].to_vec()).unwrap();
    (head.to_lowercase(), response[at + 4..].to_vec())
}

/// What promtool finds wrong with `text`; `None` where it isn't installed.
fn promtool(text: &[u8]) -> Option<String> {
    let Some(program) = tools::find("promtool") else {
        // Not `eprintln!`, which is swallowed when a test passes.
        let line = b"skipped: promtool does not check /metrics, as it is not installed\n";
        std::io::stderr().write_all(line).unwrap();
        return None;
    };
    let mut checking = Command::new(program)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    checking.stdin.take().unwrap().write_all(text).unwrap();
    let output = checking.wait_with_output().unwrap();
    // It advises on names as well, and ends with 3 for that alone.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    Some(String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn metrics_are_compressed_and_in_the_older_text_for_readers_that_want_that() {
    let env = TestEnv::configured(&[]).await;
    env.plain_client().await.create_user(ada()).await.unwrap();

    let (head, open) = read(&env.service, "").await;
    assert!(
        head.contains("content-type: application/openmetrics-text"),
        "{head}"
    );
    assert!(!head.contains("content-encoding"), "{head}");
    assert!(open.ends_with(b"# EOF\n"));

    let older = "accept: text/plain;version=0.0.4\r\naccept-encoding: gzip\r\n";
    let (head, zipped) = read(&env.service, older).await;
    assert!(
        head.contains("content-type: text/plain; version=0.0.4"),
        "{head}"
    );
    assert!(head.contains("content-encoding: gzip"), "{head}");
    let mut text = Vec::new();
    GzDecoder::new(&zipped[..]).read_to_end(&mut text).unwrap();
    assert!(
        zipped.len() * 4 < text.len(),
        "{} of {}",
        zipped.len(),
        text.len()
    );
    if let Some(found) = promtool(&text) {
        assert!(!found.contains("error while"), "{found}");
    }
    env.finish().await;
}
