//! Callers that are not ours: what the service makes of their metadata, by the spans it exports.

mod peer;

use testkit::{ReceivedSpan, TestEnv, Trace, text, user_client};
use tonic::metadata::{MetadataKey, MetadataValue};
use tonic::{Code, Request, Status};
use user_proto::v1::GetUserRequest;

use self::peer::Peer;

const GET_USER: &str = "user.v1.UserService/GetUser";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: [u8; 8] = [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7];
/// Stands for what a caller should not have put into its baggage.
const CANARY: &str = "canary-ada";

/// Gets a user that doesn't exist, with `headers` each on a line of its own.
async fn call(env: &TestEnv, headers: &[(&str, &str)]) -> Status {
    let mut request = Request::new(GetUserRequest { user_id: 1 });
    for (name, value) in headers {
        let name = MetadataKey::from_bytes(name.as_bytes()).unwrap();
        let value = MetadataValue::try_from(value.as_bytes()).unwrap();
        request.metadata_mut().append(name, value);
    }
    env.plain_client()
        .await
        .get_user(request)
        .await
        .unwrap_err()
}

/// Makes one such call to a service with `variables`, and returns its trace.
async fn trace_of(variables: &[(&str, &str)], headers: &[(&str, &str)]) -> Trace {
    let env = TestEnv::configured(variables).await;
    let status = call(&env, headers).await;
    assert_eq!(status.code(), Code::NotFound, "{status:?}");
    let (traces, _) = env.finish().await;
    let has_call = |trace: &Trace| trace.spans().iter().any(|it| it.span.name == GET_USER);
    traces.into_iter().find(has_call).unwrap()
}

fn is_root(received: &ReceivedSpan) -> bool {
    received.span.parent_span_id.is_empty()
}

#[tokio::test]
async fn lists_in_several_header_lines_are_read_whole_and_in_order() {
    let headers = [
        ("traceparent", TRACEPARENT),
        ("tracestate", "rojo=1"),
        ("baggage", "tenant=acme"),
        ("tracestate", "congo=2, x@y@z=3"),
        ("baggage", "workflow.name = a%20b;source=test"),
    ];
    let trace = trace_of(&[], &headers).await;
    let call = trace.span(GET_USER);
    assert_eq!(trace.id(), TRACE);
    assert_eq!(call.span.parent_span_id, PARENT);
    // A key that the SDK's own list can't hold is passed on to others, but not exported.
    assert_eq!(call.span.trace_state, "rojo=1,congo=2");
    assert_eq!(text(call, "workflow.name"), Some("a b"));
}

#[tokio::test]
async fn two_traceparents_start_a_trace_of_its_own() {
    let headers = [("traceparent", TRACEPARENT), ("traceparent", TRACEPARENT)];
    let trace = trace_of(&[], &headers).await;
    assert_ne!(trace.id(), TRACE);
    assert!(is_root(trace.span(GET_USER)));
}

#[tokio::test]
async fn the_trace_of_a_kitex_caller_is_continued() {
    let headers = [
        ("destination-service", "user-service"),
        ("destination-method", "GetUser"),
        ("source-service", "api-gateway"),
        ("rpc-transit-service.name", "api-gateway"),
        (
            "rpc-transit-b3",
            "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        ),
        ("rpc-transit-traceparent", TRACEPARENT),
        ("rpc-transit-tracestate", "rojo=1"),
        ("rpc-transit-baggage", "workflow.name=checkout"),
    ];
    let trace = trace_of(&[], &headers).await;
    let call = trace.span(GET_USER);
    assert_eq!(trace.id(), TRACE);
    assert_eq!(call.span.parent_span_id, PARENT);
    assert_eq!(call.span.trace_state, "rojo=1");
    assert_eq!(text(call, "workflow.name"), Some("checkout"));
}

#[tokio::test]
async fn a_kitex_caller_without_a_context_decides_only_where_kitex_is_expected() {
    let headers = [
        ("user-agent", "kitex/"),
        ("source-service", "api-gateway"),
        ("destination-service", "user-service"),
    ];
    for (compatible, traces) in [("", 2), ("true", 1)] {
        let pair = TestEnv::configured(&[("KITEX_COMPAT", compatible)]).await;
        call(&pair, &headers).await;
        // This one has no client that could have decided.
        call(&pair, &[]).await;
        let (found, _) = pair.finish().await;
        assert_eq!(found.len(), traces, "{compatible}: {found:?}");
    }
}

#[tokio::test]
async fn an_untrusted_caller_gets_a_new_trace_that_links_to_its_own() {
    // Not sampled by the caller: that isn't for it to decide either.
    let traceparent = TRACEPARENT.replace("-01", "-00");
    let headers = [
        ("traceparent", traceparent.as_str()),
        ("tracestate", "rojo=1"),
    ];
    let trace = trace_of(&[("TRUST_INCOMING_TRACE", "never")], &headers).await;
    let call = trace.span(GET_USER);
    assert_ne!(trace.id(), TRACE);
    assert!(is_root(call));
    assert_eq!(call.span.trace_state, "");
    let [link] = &call.span.links[..] else {
        panic!("{:?}", call.span.links);
    };
    assert_eq!(
        link.trace_id,
        0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes()
    );
    assert_eq!(link.span_id, PARENT);
    assert_eq!(link.trace_state, "rojo=1");
}

#[tokio::test]
async fn only_the_baggage_that_is_asked_for_is_in_the_spans() {
    let canary = format!("email={CANARY},tenant=acme,workflow.name=checkout");
    let headers = [("traceparent", TRACEPARENT), ("baggage", canary.as_str())];
    let trace = trace_of(&[("BAGGAGE_SPAN_ATTRIBUTES", "tenant")], &headers).await;
    assert_eq!(text(trace.span(GET_USER), "tenant"), Some("acme"));
    assert_eq!(text(trace.span(GET_USER), "workflow.name"), None);
    let exported = format!("{:?}", trace.spans());
    assert!(!exported.contains(CANARY), "{exported}");
}

#[tokio::test]
async fn a_megabyte_of_malformed_headers_fails_no_call() {
    let env = TestEnv::start().await;
    let long = "\u{e9}=%,;\"x".repeat(500);
    let names = [
        "traceparent",
        "tracestate",
        "baggage",
        "b3",
        "rpc-transit-traceparent",
    ];
    let mut bytes = 0;
    for turn in 0.. {
        let headers = [
            (
                "traceparent",
                if turn % 2 == 0 { TRACEPARENT } else { "00-x" },
            ),
            (names[turn % names.len()], long.as_str()),
            ("tracestate", long.as_str()),
            ("baggage", long.as_str()),
        ];
        let status = call(&env, &headers).await;
        assert_eq!(status.code(), Code::NotFound, "{status:?}");
        bytes += 3 * long.len();
        if bytes > 1024 * 1024 {
            break;
        }
    }
    let (traces, _) = env.finish().await;
    let exported = format!("{traces:?}");
    assert!(
        !exported.contains(&long[..16]),
        "what is malformed is not kept"
    );
}

#[tokio::test]
async fn a_call_with_a_megabyte_of_headers_is_refused_alone() {
    let env = TestEnv::start().await;
    let megabyte = "x=1,".repeat(256 * 1024);
    let refused = call(&env, &[("tracestate", &megabyte)]).await;
    assert_ne!(refused.code(), Code::NotFound, "{refused:?}");
    let status = call(&env, &[("traceparent", TRACEPARENT)]).await;
    assert_eq!(status.code(), Code::NotFound, "{status:?}");
    env.finish().await;
}

#[tokio::test]
async fn a_workflow_is_named_in_the_spans_of_the_service() {
    let env = TestEnv::start().await;
    let output = env.client(&["workflow", "user-management"]).await;
    assert!(output.status.success(), "{output:?}");
    let (traces, _) = env.finish().await;
    let spans = traces.iter().flat_map(Trace::spans);
    let served: Vec<&ReceivedSpan> = spans
        .filter(|it| it.service_name() == "user-service" && it.span.name.starts_with("user.v1"))
        .collect();
    assert_eq!(served.len(), 2);
    for span in served {
        assert_eq!(text(span, "workflow.name"), Some("user-management"));
    }
}

#[tokio::test]
async fn a_call_carries_its_context_for_kitex_only_when_told_to() {
    for (compatible, names) in [
        ("", &["baggage", "traceparent"][..]),
        (
            "true",
            &[
                "baggage",
                "rpc-transit-baggage",
                "rpc-transit-traceparent",
                "traceparent",
            ],
        ),
    ] {
        let mut peer = Peer::start().await;
        let variables = [
            ("USER_SERVICE", peer.url()),
            ("KITEX_COMPAT", compatible),
            ("OTEL_TRACES_EXPORTER", "none"),
        ];
        user_client(&["workflow", "user-management"], &variables).await;
        let headers = peer.first_headers().await;
        let is_context = |name: &&str| name.ends_with("baggage") || name.ends_with("traceparent");
        let mut sent: Vec<&str> = headers
            .keys()
            .map(|name| name.as_str())
            .filter(is_context)
            .collect();
        sent.sort_unstable();
        assert_eq!(sent, names);
        assert_eq!(headers["baggage"], "workflow.name=user-management");
        // Services in Go would begin another trace for one that says that its id is random.
        assert!(
            headers["traceparent"].to_str().unwrap().ends_with("-01"),
            "{headers:?}"
        );
        if compatible == "true" {
            assert_eq!(headers["rpc-transit-traceparent"], headers["traceparent"]);
            assert_eq!(headers["rpc-transit-baggage"], headers["baggage"]);
        }
    }
}
