//! A gateway in front of a service, as processes.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use testkit::{Process, TestEnv};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the gateway may take to start or to stop, and a response to arrive.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// The arguments of a gateway on free ports.
pub(crate) const GATEWAY: [&str; 7] = [
    "gateway",
    "--gateway-addr",
    "127.0.0.1:0",
    "--gateway-http-addr",
    "127.0.0.1:0",
    "--log-format",
    "json",
];

/// A gateway, and the service that it calls.
pub(crate) struct GatewayEnv {
    pub(crate) env: TestEnv,
    pub(crate) process: Process,
    /// `HOST:PORT` of HTTP, and of the probes.
    pub(crate) address: String,
    pub(crate) probes: String,
}

impl GatewayEnv {
    /// A gateway in front of the service of `env`.
    pub(crate) async fn in_front_of(env: TestEnv) -> Self {
        Self::with_arguments(env, &[]).await
    }

    /// The same with more `arguments`.
    pub(crate) async fn with_arguments(env: TestEnv, arguments: &[&str]) -> Self {
        let mut process = env.typing(&[&GATEWAY, arguments].concat());
        let is_serving = |line: &str| line.contains(r#""message":"serving""#);
        let line = process.wait_for_line(is_serving, LIMIT).await;
        let line: Value = serde_json::from_str(&line).unwrap();
        let address = |field: &str| line[field].as_str().unwrap().to_owned();
        Self {
            env,
            process,
            address: address("gateway"),
            probes: address("http"),
        }
    }

    /// The response to `GET path`.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request("GET", path, &[], "").await
    }

    /// The response to a JSON body.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Response {
        let headers = ["content-type: application/json"];
        self.request("POST", path, &headers, body).await
    }

    /// The response to a request with `headers` and `body`, on a connection of its own.
    pub(crate) async fn request(
        &self,
        verb: &str,
        path: &str,
        headers: &[&str],
        body: &str,
    ) -> Response {
        let length = format!("content-length: {}", body.len());
        let own = ["host: gateway", "connection: close", &length];
        let head = [&own, headers].concat().join("\r\n");
        let text = format!("{verb} {path} HTTP/1.1\r\n{head}\r\n\r\n{body}");
        Response::of(&self.exchange(text.as_bytes()).await)
    }

    /// All that the gateway sends to a peer that has sent `bytes`.
    pub(crate) async fn exchange(&self, bytes: &[u8]) -> String {
        let mut peer = TcpStream::connect(&self.address).await.unwrap();
        // A request may be refused before its end.
        let _ = peer.write_all(bytes).await;
        let mut received = Vec::new();
        let reading = peer.read_to_end(&mut received);
        let _ = timeout(LIMIT, reading).await.unwrap();
        String::from_utf8(received).unwrap()
    }

    /// Stops the gateway, which then has sent all of its telemetry; the service still runs.
    pub(crate) async fn stop(mut self) -> TestEnv {
        self.process.signal(Signal::TERM);
        let status = self.process.wait(LIMIT).await;
        assert!(status.success(), "user-client ended with {status}");
        self.env
    }
}

/// A response of HTTP/1.1.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn of(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("{text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let head = head.to_owned();
        let body = match head.contains("transfer-encoding: chunked") {
            true => unchunked(body),
            false => body.to_owned(),
        };
        Self { status, head, body }
    }

    /// The value of a header, named in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(key, _)| *key == name);
        found.next().map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The data of a body in chunks; what is after the last whole chunk is left out.
fn unchunked(mut body: &str) -> String {
    let mut data = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 || rest.len() < size {
            break;
        }
        data.push_str(&rest[..size]);
        body = rest[size..].strip_prefix("\r\n").unwrap_or_default();
    }
    data
}
