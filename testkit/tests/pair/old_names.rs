//! `OTEL_SEMCONV_STABILITY_OPT_IN`: the names that the RPC conventions had before, beside the new ones.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use testkit::conventions::violations;
use testkit::{Metrics, ReceivedSpan, Sink, TestEnv, integer, text};

use crate::metrics::{scrape, value};

const OLD_ATTRIBUTES: [&str; 5] = [
    "rpc.system",
    "rpc.service",
    "rpc.grpc.status_code",
    "network.transport",
    "network.type",
];
const OLD_METRICS: [&str; 2] = ["rpc.server.duration", "rpc.client.duration"];

/// What both programs send of a call that works and one that doesn't, and what the service shows at `/metrics`.
async fn sent(opt_in: &str) -> (Sink, Vec<String>, Metrics) {
    let variables = [("OTEL_SEMCONV_STABILITY_OPT_IN", opt_in)];
    let env = TestEnv::configured(&variables).await;
    let create = ["create", "--name", "Ada", "--email", "ada@example.com"];
    let created = env.client_with(&create, &variables).await;
    assert!(created.status.success(), "{created:?}");
    let missing = env.client_with(&["get", "4711"], &variables).await;
    assert_eq!(missing.status.code(), Some(3), "{missing:?}");
    let of_client = env.sink().metrics().into_iter().map(|it| it.name);
    let of_client = of_client.collect();
    let scraped = scrape(&env.service).await;
    (env.stop().await, of_client, scraped)
}

fn calls(sink: &Sink) -> Vec<ReceivedSpan> {
    let spans = sink.spans().into_iter();
    let calls: Vec<_> = spans
        .filter(|it| text(it, "rpc.system.name").is_some())
        .collect();
    assert_eq!(calls.len(), 4, "two calls, each with two halves");
    calls
}

#[tokio::test]
async fn old_names_stand_beside_the_new_ones_if_both_are_asked_for() {
    let (sink, of_client, scraped) = sent("http, rpc/dup, rpc").await;
    for call in calls(&sink) {
        let old = |violation: &String| {
            let of = |name| violation.ends_with(&format!(" {name} is not in the registry"));
            OLD_ATTRIBUTES.into_iter().any(of)
        };
        let others: Vec<_> = violations(&call)
            .into_iter()
            .filter(|it| !old(it))
            .collect();
        assert!(others.is_empty(), "{others:?}");
        assert_eq!(text(&call, "rpc.system"), Some("grpc"));
        assert_eq!(text(&call, "rpc.service"), Some("user.v1.UserService"));
        let method = text(&call, "rpc.method").unwrap();
        assert_eq!(
            call.span.name, method,
            "the name that both have is the new one"
        );
        let code = match text(&call, "rpc.response.status_code") {
            Some("OK") => 0,
            Some("NOT_FOUND") => 5,
            other => panic!("{other:?}"),
        };
        assert_eq!(integer(&call, "rpc.grpc.status_code"), Some(code));
        let is_server = call.span.kind() == SpanKind::Server;
        let (transport, family) = (
            text(&call, "network.transport"),
            text(&call, "network.type"),
        );
        let expected = is_server.then_some(("tcp", "ipv4"));
        assert_eq!(transport.zip(family), expected);
    }
    assert!(
        of_client.iter().any(|it| it == "rpc.client.duration"),
        "{of_client:?}"
    );
    assert!(of_client.iter().any(|it| it == "rpc.client.call.duration"));
    let labels = [
        ("rpc_system", "grpc"),
        ("rpc_service", "user.v1.UserService"),
        ("rpc_method", "GetUser"),
        ("rpc_grpc_status_code", "5"),
    ];
    let of = |part: &str| {
        let name = format!("rpc_server_duration_milliseconds_{part}");
        value(&scraped, &name, &labels)
    };
    assert_eq!(of("count"), Some(1.0));
    let new = [
        ("rpc_method", "user.v1.UserService/GetUser"),
        ("rpc_response_status_code", "NOT_FOUND"),
    ];
    let new = value(&scraped, "rpc_server_call_duration_seconds_sum", &new).unwrap();
    let old = of("sum").unwrap();
    assert!((old - new * 1e3).abs() < 1e-6, "{old} ms are {new} s");
}

#[tokio::test]
async fn no_old_name_is_there_if_it_was_not_asked_for() {
    for opt_in in ["", "rpc", "database"] {
        let (sink, of_client, scraped) = sent(opt_in).await;
        for call in calls(&sink) {
            let keys = call.span.attributes.iter().map(|it| &*it.key);
            let old: Vec<&str> = keys.filter(|key| OLD_ATTRIBUTES.contains(key)).collect();
            assert!(old.is_empty(), "{opt_in}: {old:?}");
        }
        let old = of_client.iter().find(|it| OLD_METRICS.contains(&&***it));
        assert!(old.is_none(), "{opt_in}: {old:?}");
        let old = scraped.text().contains("rpc_server_duration");
        assert!(!old, "{opt_in}: {scraped:?}");
    }
}
