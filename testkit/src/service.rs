//! The two programs of the pair.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::metrics::Metrics;
use crate::process::{Process, Stream};

/// How long the service may take to start on a machine that is busy compiling.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long the service may take to stop: its longest grace, and some more.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// The settings that every service here has.
const OWN: [(&str, &str); 3] = [
    ("LISTEN_ADDR", "127.0.0.1:0"),
    ("HTTP_ADDR", "127.0.0.1:0"),
    ("LOG_FORMAT", "json"),
];

/// How long one run of a program may take.
const RUN_LIMIT: Duration = Duration::from_secs(120);

/// A user-service that is serving on two ports of its own.
#[derive(Debug)]
pub struct UserService {
    process: Process,
    urls: Urls,
}

/// Where it serves.
#[derive(Debug, PartialEq, Eq)]
struct Urls {
    grpc: String,
    http: String,
    health: Option<String>,
}

impl UserService {
    /// Starts it with `variables` on top of free ports and JSON logs, and waits
    /// until it serves. Without `DATABASE_URL` it makes its SQLite file in a temporary folder.
    ///
    /// # Panics
    /// If it isn't built, ends, or doesn't serve within a minute.
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_program("user-service", variables).await
    }

    /// The same for another build of it: the file `program`, relative to the programs of this workspace.
    ///
    /// # Panics
    /// As for [`start`](Self::start).
    pub async fn start_program(program: &str, variables: &[(&str, &str)]) -> Self {
        let variables = [&OWN, variables].concat();
        Self::until_serving(Process::start(program, &[], &variables)).await
    }

    /// The same for a service that ignores SIGHUP, as `nohup` makes programs do.
    ///
    /// # Panics
    /// As for [`start`](Self::start).
    pub async fn start_ignoring_hangup(variables: &[(&str, &str)]) -> Self {
        let variables = [&OWN, variables].concat();
        Self::until_serving(Process::start_ignoring_hangup("user-service", &variables)).await
    }

    async fn until_serving(mut process: Process) -> Self {
        let line = process
            .wait_for_line(|line| serving(line).is_some(), START_LIMIT)
            .await;
        let urls = serving(&line).expect("the line was chosen by this");
        Self { process, urls }
    }

    /// The same on its embedded stores and without telemetry.
    ///
    /// # Panics
    /// If it isn't built, ends, or doesn't serve within a minute.
    pub async fn embedded(variables: &[(&str, &str)]) -> Self {
        Self::start(&[&[("OTEL_SDK_DISABLED", "true")], variables].concat()).await
    }

    /// The URL of its gRPC port, such as `http://127.0.0.1:40123`, or `https://` with TLS.
    pub fn grpc_url(&self) -> &str {
        &self.urls.grpc
    }

    /// The URL of its port for health alone, if it has one.
    pub fn health_url(&self) -> Option<&str> {
        self.urls.health.as_deref()
    }

    /// The URL of its HTTP port, without a path.
    pub fn http_url(&self) -> &str {
        &self.urls.http
    }

    /// What its HTTP port returns at `path`: a status and a body.
    ///
    /// # Panics
    /// If it doesn't speak HTTP.
    pub async fn get(&self, path: &str) -> (u16, String) {
        http_get(self.http_url(), path).await
    }

    /// What it shows at `/metrics`.
    ///
    /// # Panics
    /// If that is not OpenMetrics.
    pub async fn metrics(&self) -> Metrics {
        let (code, text) = self.get("/metrics").await;
        assert_eq!(code, 200, "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
        Metrics::new(text)
    }

    /// The process itself.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Sends SIGTERM and waits for the end, which comes after the last span was sent.
    ///
    /// # Panics
    /// If that takes longer than a minute.
    pub async fn stop(mut self) -> ExitStatus {
        self.process.signal(Signal::TERM);
        self.process.wait(STOP_LIMIT).await
    }
}

/// What the HTTP port at `url` returns at `path`: a status and a body.
///
/// # Panics
/// If it doesn't speak HTTP.
pub async fn http_get(url: &str, path: &str) -> (u16, String) {
    let address = url.strip_prefix("http://").expect("it is a URL");
    let asking = async {
        let mut connection = TcpStream::connect(address).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = asking.await.expect("the port answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head ends");
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    (code.expect("a head has a status"), body.to_owned())
}

/// The URLs in the log line that says that the service is serving.
fn serving(line: &str) -> Option<Urls> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line["message"] != "serving" {
        return None;
    }
    let url = |scheme, field| Some(format!("{scheme}://{}", line[field].as_str()?));
    let scheme = match line["tls"] == "on" {
        true => "https",
        false => "http",
    };
    Some(Urls {
        grpc: url(scheme, "grpc")?,
        http: url("http", "http")?,
        health: url("http", "health"),
    })
}

/// How a program ended, and what it wrote.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// The files that it left in its working folder.
    pub files: Vec<PathBuf>,
}

/// Runs user-client with `variables` set to its end, which comes after the last span was sent.
///
/// # Panics
/// If it isn't built, or takes longer than two minutes.
pub async fn user_client(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    run("user-client", arguments, variables).await
}

/// Runs a program of this workspace with `variables` set to its end.
///
/// # Panics
/// If it isn't built, or takes longer than two minutes.
pub async fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut process = Process::start(program, arguments, variables);
    let status = process.wait(RUN_LIMIT).await;
    let entries = std::fs::read_dir(process.folder()).expect("the folder is there");
    let names = entries.flatten().map(|entry| entry.file_name().into());
    Output {
        status,
        stdout: process.text(Stream::Stdout),
        stderr: process.text(Stream::Stderr),
        files: names.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Urls, serving};

    #[test]
    fn only_the_serving_line_has_the_addresses() {
        let line = r#"{"message":"serving","grpc":"127.0.0.1:1","http":"127.0.0.1:2","tls":"on"}"#;
        let urls = Urls {
            grpc: "https://127.0.0.1:1".to_owned(),
            http: "http://127.0.0.1:2".to_owned(),
            health: None,
        };
        assert_eq!(serving(line), Some(urls));
        assert_eq!(serving(r#"{"message":"migrated"}"#), None);
        assert_eq!(serving("not JSON"), None);
    }
}
