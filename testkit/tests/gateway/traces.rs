//! One trace from the caller of HTTP to each statement.

use testkit::{TestEnv, Trace, conventions, integer, text};

use crate::gateway_env::GatewayEnv;

const TRACEPARENT: &str = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

const GET: &str = "\
api-gateway SERVER GET /v1/users/{user_id}
  api-gateway CLIENT user.v1.UserService/GetUser
    user-service SERVER user.v1.UserService/GetUser
      user-service CLIENT SELECT users
";

#[tokio::test]
async fn a_request_is_one_trace_down_to_the_statement() {
    let builder = TestEnv::builder().postgres().collector();
    let env = builder.variables(&[
        ("CACHE_TTL", "0s"),
        ("BAGGAGE_SPAN_ATTRIBUTES", "request.source"),
    ]);
    let env = env.start().await;
    let id = env.a_user().await;
    let gateway = GatewayEnv::in_front_of(env).await;
    let headers = [TRACEPARENT];
    let path = format!("/v1/users/{id}");
    let response = gateway.request("GET", &path, &headers, "").await;
    assert_eq!(response.status, 200, "{response:?}");
    let said = response.header("traceresponse").unwrap().to_owned();
    let timing = format!("traceparent;desc=\"{said}\"");
    assert_eq!(response.header("server-timing"), Some(timing.as_str()));

    let sink = gateway.stop().await.stop().await;
    let traces = Trace::all(&sink.spans());
    let trace = traces.iter().find(|trace| trace.id() == TRACE).unwrap();
    assert_eq!(trace.tree(), GET);
    let server = &trace.spans()[0];
    let span_id: String = server
        .span
        .span_id
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    assert_eq!(said, format!("00-{TRACE}-{span_id}-01"));
    assert_eq!(text(server, "http.route"), Some("/v1/users/{user_id}"));
    assert_eq!(text(server, "http.request.method"), Some("GET"));
    assert_eq!(integer(server, "http.response.status_code"), Some(200));
    assert_eq!(text(server, "request.source"), Some("api-gateway"));
    let of_service = &trace.spans()[2];
    assert_eq!(text(of_service, "request.source"), Some("api-gateway"));
    for span in trace.spans() {
        assert_eq!(conventions::violations(span), [""; 0]);
    }
}

#[tokio::test]
async fn spans_show_no_values_of_paths_and_failures_are_errors() {
    let env = TestEnv::builder().collector().start().await;
    let gateway = GatewayEnv::with_arguments(env, &["--server", "http://127.0.0.1:1"]).await;
    for path in [
        "/v1/users/canary@example.com",
        "/canary",
        "/v1/users?canary=canary",
        "/v1/users/1",
    ] {
        gateway.get(path).await;
    }
    gateway.request("CANARY", "/v1/users", &[], "").await;
    let sink = gateway.stop().await.stop().await;
    let spans = sink.spans();
    let servers: Vec<_> = spans
        .iter()
        .filter(|it| it.scope.name == "telemetry.http")
        .collect();
    assert_eq!(servers.len(), 5);
    for span in servers {
        assert_eq!(conventions::violations(span), [""; 0]);
        let shown = format!("{:?}", span.span).replace("_original", "");
        assert!(!shown.contains("canary"), "{shown}");
        let failed = text(span, "error.type") == Some("503");
        assert_eq!(
            failed,
            text(span, "url.path") == Some("/v1/users/1"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn an_untrusted_caller_is_linked_to() {
    let env = TestEnv::builder().collector().start().await;
    let gateway = GatewayEnv::with_arguments(env, &["--trust-incoming-trace", "never"]).await;
    gateway
        .request("GET", "/v1/users/1", &[TRACEPARENT], "")
        .await;
    let sink = gateway.stop().await.stop().await;
    let spans = sink.spans();
    let server = spans
        .iter()
        .find(|it| it.scope.name == "telemetry.http")
        .unwrap();
    assert!(server.span.parent_span_id.is_empty());
    let [link] = &server.span.links[..] else {
        panic!("{:?}", server.span.links)
    };
    let trace: String = link.trace_id.iter().map(|it| format!("{it:02x}")).collect();
    assert_eq!(trace, TRACE);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let env = TestEnv::builder().collector().start().await;
    let gateway = GatewayEnv::in_front_of(env).await;
    gateway.get("/v1/users/1").await;
    gateway.get("/nothing").await;
    let url = format!("http://{}", gateway.probes);
    let (_, metrics) = testkit::http_get(&url, "/metrics").await;
    let lines: Vec<_> = metrics
        .lines()
        .filter(|line| line.starts_with("http_server_request_duration_seconds_count"))
        .collect();
    let has = |parts: &[&str]| {
        lines
            .iter()
            .any(|line| parts.iter().all(|it| line.contains(it)))
    };
    assert!(
        has(&[
            r#"http_route="/v1/users/{user_id}""#,
            r#"status_code="404""#
        ]),
        "{metrics}"
    );
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(metrics.contains("http_server_active_requests"), "{metrics}");
}
