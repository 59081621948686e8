//! `trace listen`: traces of any program, drawn as they arrive.

use std::time::Duration;

use testkit::{Process, Signal, Stream, TestEnv, user_client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(60);

/// A running `trace listen`.
pub(crate) struct Listener {
    process: Process,
    pub(crate) grpc: String,
    pub(crate) http: String,
}

impl Listener {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let own = [
            "trace",
            "listen",
            "--otlp-listen",
            "127.0.0.1:0",
            "--otlp-http-listen",
            "127.0.0.1:0",
        ];
        let variables = [("COLUMNS", "120")];
        let arguments = [&own, arguments].concat();
        let mut process = Process::start("user-client", &arguments, &variables);
        let line = process
            .wait_for_line(|line| line.starts_with("receiving spans on "), LIMIT)
            .await;
        let mut words = line.split(' ').filter(|word| word.starts_with("127."));
        let (grpc, http) = (words.next().unwrap(), words.next().unwrap());
        Self {
            grpc: grpc.to_owned(),
            http: http.to_owned(),
            process,
        }
    }

    pub(crate) async fn wait_for(&mut self, text: &str) -> String {
        let wanted = |line: &str| line.contains(text);
        self.process.wait_for_line(wanted, LIMIT).await
    }

    /// What it wrote to both streams until Ctrl-C ended it.
    pub(crate) async fn stop(mut self) -> (String, String) {
        self.process.signal(Signal::INT);
        let status = self.process.wait(LIMIT).await;
        assert_eq!(status.code(), Some(0));
        let text = |stream| self.process.text(stream);
        (text(Stream::Stdout), text(Stream::Stderr))
    }
}

/// Sends a body to the port of a listener and returns the response.
pub(crate) async fn post(address: &str, content_type: &str, body: &[u8]) -> String {
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    String::from_utf8_lossy(&response).into_owned()
}

/// OTLP in JSON: a trace of one span of a service, which ends after some milliseconds.
pub(crate) fn json(trace: &str, service: &str, name: &str, millis: u64, is_error: bool) -> String {
    let start = 1_700_000_000_000_000_000_u64;
    let end = start + millis * 1_000_000;
    let status = if is_error { 2 } else { 0 };
    let trace = trace.repeat(32);
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},
        "scopeSpans":[{{"spans":[{{"traceId":"{trace}","spanId":"00f067aa0ba902b7","name":"{name}","kind":2,
        "startTimeUnixNano":"{start}","endTimeUnixNano":"{end}","status":{{"code":{status}}}}}]}}]}}]}}"#
    )
}

/// Runs a workflow whose two programs export to `endpoint`, and returns the id of its trace.
pub(crate) async fn workflow(endpoint: &str, protocol: &str) -> String {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_SDK_DISABLED", "false"),
    ];
    let env = TestEnv::builder().variables(&variables).start().await;
    let output = env
        .client_with(&["workflow", "user-management"], &variables)
        .await;
    let mut lines = output.stderr.lines();
    let id = lines.find_map(|line| line.strip_prefix("trace "));
    // It flushes its spans before it ends.
    env.service.stop().await;
    id.unwrap_or_else(|| panic!("{output:?}")).to_owned()
}

#[tokio::test]
async fn the_trace_of_two_programs_is_drawn_when_it_has_arrived_over_grpc_or_http() {
    let mut listener = Listener::start(&[]).await;
    for (address, protocol) in [
        (listener.grpc.clone(), "grpc"),
        (listener.http.clone(), "http/protobuf"),
    ] {
        let id = workflow(&format!("http://{address}"), protocol).await;
        listener.wait_for(&format!("trace {id}")).await;
    }
    let (drawn, said) = listener.stop().await;
    assert_eq!(
        drawn
            .matches("SERVER    │ └ user.v1.UserService/CreateUser")
            .count(),
        2,
        "{drawn}"
    );
    assert_eq!(drawn.matches("│   └ INSERT users").count(), 2, "{drawn}");
    assert!(said.ends_with("of 2 traces; 2 drawn\n"), "{said}");
}

#[tokio::test]
async fn json_over_http_is_received_and_malformed_bodies_get_a_status() {
    let mut listener = Listener::start(&[]).await;
    let body = json("a", "shop", "GET /items", 20, false);
    let response = post(
        &listener.http,
        "application/json; charset=utf-8",
        body.as_bytes(),
    )
    .await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert!(
        response.contains("content-type: application/json"),
        "{response}"
    );
    listener
        .wait_for(&format!("trace {}", "a".repeat(32)))
        .await;
    for (content_type, body, status) in [
        ("application/json", "{\"resourceSpans\":7}", "400"),
        ("application/x-protobuf", "x", "400"),
        ("text/plain", "{}", "415"),
    ] {
        let response = post(&listener.http, content_type, body.as_bytes()).await;
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{response}"
        );
    }
    let none = json("0", "shop", "no trace id", 1, false);
    let response = post(&listener.http, "application/json", none.as_bytes()).await;
    assert!(response.contains("rejectedSpans"), "{response}");
    let (drawn, said) = listener.stop().await;
    assert!(drawn.contains("SERVER  GET /items  20.0 ms"), "{drawn}");
    assert!(
        said.ends_with("received 1 span of 1 trace; 1 drawn; 1 span refused\n"),
        "{said}"
    );
}

#[tokio::test]
async fn filters_choose_what_is_drawn_and_the_end_draws_what_has_arrived() {
    let slow = ["--service", "shop", "--slower-than", "100ms"];
    for (arguments, expected) in [(&["--errors"][..], "d"), (&slow, "b")] {
        let listener = Listener::start(arguments).await;
        for (trace, service, millis, is_error) in [
            ("a", "shop", 50, false),
            ("b", "shop", 150, false),
            ("c", "other", 150, false),
            ("d", "other", 10, true),
        ] {
            let body = json(trace, service, "GET", millis, is_error);
            post(&listener.http, "application/json", body.as_bytes()).await;
        }
        let (drawn, said) = listener.stop().await;
        let ids: Vec<&str> = drawn
            .lines()
            .filter_map(|it| it.strip_prefix("trace "))
            .collect();
        assert_eq!(ids, [expected.repeat(32)], "{drawn}");
        assert!(
            said.ends_with("received 4 spans of 4 traces; 1 drawn\n"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn for_programs_each_span_is_an_object() {
    let listener = Listener::start(&["--output", "json"]).await;
    let body = json("a", "shop", "GET", 5, true);
    post(&listener.grpc, "application/json", body.as_bytes()).await;
    let (drawn, _) = listener.stop().await;
    let span: serde_json::Value = serde_json::from_str(&drawn).unwrap();
    assert_eq!(span["trace_id"], "a".repeat(32));
    assert_eq!(
        (&span["service"], &span["error"]),
        (&"shop".into(), &true.into())
    );
}

#[tokio::test]
async fn an_address_in_use_names_the_flag_that_chooses_another() {
    let listener = Listener::start(&[]).await;
    let free = "127.0.0.1:0";
    for (grpc, http, flag) in [
        (listener.grpc.as_str(), free, "--otlp-listen"),
        (free, &listener.http, "--otlp-http-listen"),
    ] {
        let arguments = [
            "trace",
            "listen",
            "--otlp-listen",
            grpc,
            "--otlp-http-listen",
            http,
        ];
        let output = user_client(&arguments, &[]).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let expected =
            format!("the address is in use; choose another address of this host with {flag}\n");
        assert!(output.stderr.ends_with(&expected), "{output:?}");
    }
}
