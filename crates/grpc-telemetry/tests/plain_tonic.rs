//! The examples, which are on tonic alone, as processes: what they export is one trace a call.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use grpc_telemetry::receiver::{ReceivedSpan, Receiver, text};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use rustix::process::{Pid, Signal, kill_process};

const CHECK: &str = "grpc.health.v1.Health/Check";

/// An example, which `cargo test` builds unless it is told to build only some targets.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let path: PathBuf = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(path.exists(), "cargo build -p grpc-telemetry --examples");
    Command::new(path)
}

fn start_server(receiver: &Receiver, trace_health: &str) -> (Child, String) {
    let mut server = example("server")
        .arg("127.0.0.1:0")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("TRACE_HEALTH", trace_health)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    output.read_line(&mut address).unwrap();
    (server, format!("http://{}", address.trim()))
}

fn stop(mut server: Child) {
    let pid = Pid::from_child(&server);
    kill_process(pid, Signal::INT).unwrap();
    assert!(server.wait().unwrap().success());
}

fn call(receiver: &Receiver, trace_health: &str, url: &str, service: &str) -> Output {
    example("client")
        .args([url, service])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("TRACE_HEALTH", trace_health)
        .output()
        .unwrap()
}

fn of_kind(spans: &[ReceivedSpan], kind: SpanKind) -> &ReceivedSpan {
    let mut found = spans.iter().filter(|it| it.span.kind() == kind);
    let span = found.next().unwrap();
    assert!(found.next().is_none(), "more than one {kind:?}");
    span
}

async fn receiver() -> Receiver {
    Receiver::bind("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap()
}

/// The client leaves `main` by `?` when its call fails: no span may be lost by that.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_trace_also_when_the_client_leaves_by_its_error() {
    for (service, success, code) in [("", true, "OK"), ("nobody", false, "NOT_FOUND")] {
        let receiver = receiver().await;
        let (server, url) = start_server(&receiver, "true");
        let called = call(&receiver, "true", &url, service);
        stop(server);

        assert_eq!(called.status.success(), success, "{called:?}");
        let spans = receiver.spans();
        assert_eq!(spans.len(), 2, "{spans:?}");
        let client = of_kind(&spans, SpanKind::Client);
        let server = of_kind(&spans, SpanKind::Server);
        assert_eq!(client.span.trace_id, server.span.trace_id);
        assert_eq!(client.span.span_id, server.span.parent_span_id);
        for half in [client, server] {
            assert_eq!(half.span.name, CHECK);
            let attribute = |name| text(&half.span.attributes, name);
            assert_eq!(attribute("rpc.method"), Some(CHECK));
            assert_eq!(attribute("rpc.response.status_code"), Some(code));
        }
        let peer = text(&server.span.attributes, "network.peer.address");
        assert_eq!(peer, Some("127.0.0.1"), "by tonic's own connection info");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_make_no_spans_unless_they_are_asked_for() {
    let receiver = receiver().await;
    let (server, url) = start_server(&receiver, "");
    let called = call(&receiver, "", &url, "");
    stop(server);

    assert!(called.status.success(), "{called:?}");
    assert_eq!(receiver.spans().len(), 0);
}
