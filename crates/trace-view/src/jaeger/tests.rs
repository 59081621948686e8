//! Against a server that returns what a Jaeger never would, or only when it fails; the pair's tests have the others.

use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

const ID: TraceId = TraceId::from_bytes([0xab; 16]);
const PATH: &str = "/api/v3/traces/{id}";

/// A server of some router, which ends when this is dropped.
pub(super) struct TestServer {
    address: SocketAddr,
    _serving: JoinSet<std::io::Result<()>>,
}

impl TestServer {
    pub(super) async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            _serving: serving,
        }
    }

    pub(super) fn jaeger(&self) -> Jaeger {
        jaeger(self.address)
    }
}

fn jaeger(address: SocketAddr) -> Jaeger {
    Jaeger::open(format!("http://{address}").parse().unwrap()).unwrap()
}

/// Why this response is an error.
async fn cause(status: StatusCode, body: &'static str) -> QueryError {
    ask(status, body).await.unwrap_err().cause
}

/// What this response is parsed to.
async fn ask(status: StatusCode, body: &'static str) -> Result<Vec<ReceivedSpan>, JaegerError> {
    let router = Router::new().route(PATH, get(move || async move { (status, body) }));
    let server = TestServer::start(router).await;
    server.jaeger().spans(ID).await
}

#[tokio::test]
async fn a_trace_is_read_with_its_ids_in_hexadecimal_and_its_numbers_as_text() {
    let answer = include_str!("tests/answer.json");
    let spans = ask(StatusCode::OK, answer).await.unwrap();
    assert_eq!(spans.len(), 6);
    let root = &spans[0];
    assert_eq!(root.service_name(), "user-client");
    assert_eq!(root.span.name, "workflow user-management");
    assert_eq!(
        root.span.span_id,
        [0xf6, 0x23, 0x30, 0xdc, 0x36, 0x7c, 0xbf, 0xc5]
    );
    assert_eq!(root.span.start_time_unix_nano, 1_795_518_853_492_046_664);
    assert!(root.span.parent_span_id.is_empty());
}

#[tokio::test]
async fn a_trace_that_is_not_known_has_no_spans() {
    let answer = r#"{"error":{"httpCode":404,"message":"No traces found"}}"#;
    assert!(ask(StatusCode::NOT_FOUND, answer).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_jaeger_is_told_from_a_jaeger_that_fails() {
    let page = "<!DOCTYPE html><title>Jaeger UI</title>";
    let error = r#"{"error":{"httpCode":500,"message":"disk\u001b[2Jfull"}}"#;
    for (status, body) in [
        (StatusCode::OK, page),
        (StatusCode::OK, "{}"),
        (StatusCode::NOT_FOUND, page),
    ] {
        let cause = cause(status, body).await;
        let QueryError::NotJaeger { status: told } = cause else {
            panic!("{cause:?}");
        };
        assert_eq!(told, status);
    }
    for (status, body, expected) in [
        (StatusCode::BAD_GATEWAY, page, None),
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            error,
            Some("disk\u{fffd}[2Jfull"),
        ),
    ] {
        let cause = cause(status, body).await;
        let QueryError::Failed { status: _, message } = cause else {
            panic!("{cause:?}");
        };
        assert_eq!(message.as_deref(), expected);
    }
    let cause = cause(StatusCode::UNAUTHORIZED, "").await;
    assert!(
        matches!(cause, QueryError::Unauthorized { .. }),
        "{cause:?}"
    );
}

#[tokio::test]
async fn an_error_names_the_jaeger() {
    let error = ask(StatusCode::OK, "{}").await.unwrap_err().to_string();
    let expected = "cannot query Jaeger at http://127.0.0.1:";
    assert!(error.starts_with(expected), "{error}");
}

#[tokio::test]
async fn a_jaeger_that_is_not_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let cause = jaeger(address).spans(ID).await.unwrap_err().cause;
    let QueryError::Unreachable(why) = cause else {
        panic!("{cause:?}");
    };
    assert!(why.contains("refused"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_jaeger_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // The connection is accepted, and never read from.
    let address = listener.local_addr().unwrap();
    let cause = jaeger(address).spans(ID).await.unwrap_err().cause;
    let QueryError::NoResponse { waited } = cause else {
        panic!("{cause:?}");
    };
    assert_eq!(waited, Duration::from_secs(10));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let router = Router::new().route(PATH, get(|| async { vec![b' '; MAX_RESPONSE_BYTES + 1] }));
    let server = TestServer::start(router).await;
    let cause = server.jaeger().spans(ID).await.unwrap_err().cause;
    assert!(matches!(cause, QueryError::TooLarge { .. }), "{cause:?}");
}

#[tokio::test]
async fn redirects_are_followed_but_not_in_a_circle() {
    let circle = Router::new().route(PATH, get(|| async { Redirect::permanent("?") }));
    let server = TestServer::start(circle).await;
    let cause = server.jaeger().spans(ID).await.unwrap_err().cause;
    assert!(cause.to_string().contains("too many redirects"), "{cause}");

    let there = Router::new()
        .route(PATH, get(|| async { Redirect::permanent("/there") }))
        .route(
            "/there",
            get(|| async { r#"{"result":{"resourceSpans":[]}}"# }),
        );
    let server = TestServer::start(there).await;
    assert!(server.jaeger().spans(ID).await.unwrap().is_empty());
}
