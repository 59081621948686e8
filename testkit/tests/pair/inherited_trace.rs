//! user-client in a pipeline that is traced: its spans belong to the trace of `TRACEPARENT`.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use testkit::{Output, TestEnv, Trace, text};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: [u8; 8] = [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7];
const PIPELINE: [(&str, &str); 3] = [
    (
        "TRACEPARENT",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
    ("TRACESTATE", "rojo=1"),
    ("BAGGAGE", "tenant=acme"),
];

/// Every command that makes calls which are traced.
async fn every_command(env: &TestEnv) -> Vec<Output> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    std::fs::write(&file, "name,email\nAda,ada@example.org\n").unwrap();
    let commands: [&[&str]; 6] = [
        &["create", "--name", "Ada", "--email", "ada@example.com"],
        &["get", "1", "2"],
        &["list"],
        &["lookup", "1"],
        &["import", file.to_str().unwrap()],
        &["workflow", "all"],
    ];
    let mut outputs = Vec::new();
    for command in commands {
        outputs.push(env.client_with(command, &PIPELINE).await);
    }
    outputs
}

#[tokio::test]
async fn all_spans_of_every_command_are_in_the_trace_of_the_pipeline() {
    let builder = TestEnv::builder().postgres().collector();
    let tenant = [("BAGGAGE_SPAN_ATTRIBUTES", "tenant,workflow.name")];
    let env = builder.variables(&tenant).start().await;
    let outputs = every_command(&env).await;
    let told = format!("trace {TRACE}\n");
    assert!(outputs[4].stderr.contains(&told), "{:?}", outputs[4]);
    assert!(outputs[5].stderr.contains(&told), "{:?}", outputs[5]);

    let (traces, _) = env.finish().await;
    let [trace] = &traces[..] else {
        let trees: Vec<_> = traces.iter().map(Trace::tree).collect();
        panic!("{} traces: {}", traces.len(), trees.join("\n"));
    };
    assert_eq!(trace.id(), TRACE);
    let roots = trace
        .spans()
        .iter()
        .filter(|it| it.span.parent_span_id == PARENT);
    // Two calls of get, one of each other command, the import, and four workflows.
    assert_eq!(roots.count(), 2 + 3 + 1 + 4, "{}", trace.tree());
    for span in trace.spans() {
        assert_eq!(span.span.trace_state, "rojo=1", "{span:?}");
    }
    let served: Vec<_> = trace
        .spans()
        .iter()
        .filter(|it| it.span.kind() == SpanKind::Server)
        .collect();
    assert!(served.len() > 10, "{}", trace.tree());
    for span in served {
        assert_eq!(text(span, "tenant"), Some("acme"), "{span:?}");
    }
}

#[tokio::test]
async fn the_waterfall_of_a_pipeline_is_complete() {
    let builder = TestEnv::builder().postgres().jaeger();
    let often = [("OTEL_BSP_SCHEDULE_DELAY", "100")];
    let env = builder.variables(&often).start().await;
    let output = env
        .client_with(&["get", "1", "--waterfall"], &PIPELINE)
        .await;
    let heading = format!("\ntrace {TRACE}\n");
    assert!(output.stdout.starts_with(&heading), "{output:?}");
    assert!(output.stdout.contains("SELECT users"), "{output:?}");
    assert!(!output.stderr.contains("incomplete"), "{output:?}");
}

#[tokio::test]
async fn a_traceparent_that_is_malformed_or_not_to_be_read_starts_a_new_trace() {
    let env = TestEnv::configured(&[]).await;
    let (_, value) = PIPELINE[0];
    let malformed = [("TRACEPARENT", &value[1..])];
    let unread = [PIPELINE[0], ("OTEL_PROPAGATORS", "baggage")];
    for variables in [&malformed[..], &unread] {
        let output = env.client_with(&["get", "1"], variables).await;
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(!output.stderr.contains(TRACE), "{output:?}");
        assert!(!output.stderr.contains(&value[1..]), "{output:?}");
    }
    env.finish().await;
}
