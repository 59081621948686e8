//! The pages of `trace listen --web`: in a browser, as they grow, and as `trace assert` reads them.

use std::path::Path;
use std::time::Duration;

use testkit::user_client;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use crate::listen::{Listener, json, post, workflow};

const LIMIT: Duration = Duration::from_secs(60);

pub(crate) async fn listener() -> (Listener, String) {
    let mut listener = Listener::start(&["--web", "127.0.0.1:0"]).await;
    let line = listener.wait_for("showing traces on ").await;
    let (_, url) = line.split_once("showing traces on ").unwrap();
    (listener, url.to_owned())
}

/// What a browser makes of a page, or none if there is no browser.
async fn in_browser(url: &str) -> Option<String> {
    let Some(browser) = xtask::programs::find("chromium") else {
        println!("skipped: chromium is not installed");
        return None;
    };
    let profile = tempfile::tempdir().unwrap();
    let mut command = Command::new(browser);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(url)
        .kill_on_drop(true);
    let output = timeout(LIMIT, command.output()).await.unwrap().unwrap();
    Some(String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn a_browser_shows_a_trace_and_runs_no_script_of_a_span() {
    let (listener, url) = listener().await;
    let script =
        "<script>document.title='owned'</script><img src=x onerror=document.title='owned'>";
    let body = json("a", script, script, 20, true);
    post(&listener.http, "application/json", body.as_bytes()).await;
    for (path, title) in [
        ("/", "Traces".to_owned()),
        ("/trace/", format!("Trace {}", "a".repeat(32))),
    ] {
        let id = if path == "/" {
            String::new()
        } else {
            "a".repeat(32)
        };
        let Some(shown) = in_browser(&format!("{url}{path}{id}")).await else {
            return;
        };
        assert!(
            shown.contains(&format!("<title>{title}</title>")),
            "{shown}"
        );
        assert!(
            shown.contains("&lt;script&gt;document.title='owned'"),
            "{shown}"
        );
        assert!(shown.contains("20.0 ms"), "{shown}");
        assert_eq!(shown.matches("<script>").count(), 1, "{shown}");
    }
    let (_, said) = listener.stop().await;
    assert!(
        said.ends_with("received 1 span of 1 trace; 1 drawn\n"),
        "{said}"
    );
}

#[tokio::test]
async fn a_page_that_is_open_is_notified_of_each_change() {
    let (listener, url) = listener().await;
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET /events HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    for trace in ["a", "b"] {
        let news = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line == "data: news" {
                    return;
                }
            }
            panic!("the events have ended");
        };
        timeout(LIMIT, news).await.unwrap();
        let body = json(trace, "shop", "GET", 5, false);
        post(&listener.http, "application/json", body.as_bytes()).await;
    }
    // It also ends while a page is open.
    listener.stop().await;
}

#[tokio::test]
async fn trace_show_and_assert_read_it_as_they_read_jaeger() {
    let (listener, url) = listener().await;
    let id = workflow(&format!("http://{}", listener.grpc), "grpc").await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/traces/user-management.yaml");
    let arguments = [
        "trace",
        "assert",
        file.to_str().unwrap(),
        &id,
        "--jaeger",
        &url,
    ];
    let output = user_client(&arguments, &[]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let page = format!("{url}/trace/{id}");
    let output = user_client(&["trace", "show", &page], &[]).await;
    assert!(
        output.stdout.contains("user.v1.UserService/CreateUser"),
        "{output:?}"
    );
    let unknown = "f".repeat(32);
    let arguments = [
        "trace", "show", &unknown, "--wait", "300ms", "--jaeger", &url,
    ];
    let output = user_client(&arguments, &[]).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}
