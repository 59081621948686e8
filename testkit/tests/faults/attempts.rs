//! How attempts look in a trace: one CLIENT span for all of them.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use testkit::{Mode, Sink, integer, user_client};

use crate::stand::Stand;

#[tokio::test(flavor = "multi_thread")]
async fn one_span_covers_all_attempts_of_a_call() {
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let stand = Stand::start(&[("CACHE_TTL", "0s")]).await;
    let user = stand.a_user().await.to_string();
    stand.database_way.set(Mode::Refuse);
    stand.database_way.reset_all();
    let variables = [
        ("USER_SERVICE", stand.service.grpc_url()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &sink.endpoint()),
    ];

    let output = user_client(&["--timeout", "5s", "get", &user], &variables).await;

    assert_eq!(output.status.code(), Some(6), "{}", output.stderr);
    let spans = sink.spans();
    let [span] = &spans[..] else {
        panic!("{} spans", spans.len());
    };
    assert_eq!(span.span.kind, SpanKind::Client as i32);
    let attempts = integer(span, "call.attempts").unwrap();
    assert!(attempts >= 2, "{attempts}");
    let retries = span.span.events.iter().filter(|it| it.name == "Retry");
    assert_eq!(retries.count() as i64, attempts - 1);
}
