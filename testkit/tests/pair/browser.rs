//! A page in Chromium, driven by the protocol of its developer tools over pipes.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// How long the browser may take to start, and a page to become what is expected of it.
const LIMIT: Duration = Duration::from_secs(60);
/// The pipes that Chromium reads and writes are those with the numbers 3 and 4.
const WITH_PIPES: &str = "exec \"$@\" 3<&0 4>&1 >/dev/null";

/// A page that is open in a browser without a window. The browser ends when it is dropped.
#[derive(Debug)]
pub(crate) struct BrowserPage {
    _browser: Child,
    _profile: TempDir,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// The number of the last command.
    last: u64,
    session: Value,
}

impl BrowserPage {
    /// Opens the page at `url` in the Chromium of this machine, if there is one.
    pub(crate) async fn open(url: &str) -> Option<Self> {
        let Some(browser) = xtask::programs::find("chromium") else {
            println!("skipped: chromium is not installed");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", WITH_PIPES, "sh"])
            .arg(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu"])
            .arg("--remote-debugging-pipe")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut page = Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            _browser: child,
            _profile: profile,
            last: 0,
            session: Value::Null,
        };
        let target = page
            .command("Target.createTarget", json!({"url": url}))
            .await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let mut attached = page.command("Target.attachToTarget", attach).await;
        page.session = attached["sessionId"].take();
        Some(page)
    }

    /// The value of a JavaScript `expression` in the page.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true});
        let mut evaluated = self.command("Runtime.evaluate", parameters).await;
        evaluated["result"]["value"].take()
    }

    /// Waits until the text of the page contains `text`.
    pub(crate) async fn wait_for_text(&mut self, text: &str) {
        let mut shown = String::new();
        let waiting = async {
            while !shown.contains(text) {
                let value = self.value("document.body.innerText").await;
                shown = value.as_str().unwrap_or_default().to_owned();
            }
        };
        let is_there = timeout(LIMIT, waiting).await.is_ok();
        assert!(is_there, "no {text:?} in {shown}");
    }

    /// Sends a command and returns its result.
    async fn command(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": parameters});
        if !self.session.is_null() {
            command["sessionId"] = self.session.clone();
        }
        let text = format!("{command}\0");
        self.input.write_all(text.as_bytes()).await.unwrap();
        let result = timeout(LIMIT, self.result()).await;
        result.unwrap_or_else(|_| panic!("{method} has no result"))
    }

    /// The result of the last command; events that come before it are left out.
    async fn result(&mut self) -> Value {
        loop {
            let mut text = Vec::new();
            let read = self.output.read_until(0, &mut text).await;
            assert!(read.is_ok_and(|read| read > 0), "Chromium has ended");
            text.pop();
            let mut message: Value = serde_json::from_slice(&text).unwrap();
            if message["id"] == self.last {
                return message["result"].take();
            }
        }
    }
}
