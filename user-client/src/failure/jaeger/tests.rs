use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use trace_view::jaeger::Jaeger;

use super::*;

const ID: TraceId = TraceId::from_bytes([0xab; 16]);

/// Gives this response to the first request that `listener` gets.
async fn serve(listener: TcpListener, status: &str, body: &str) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let _ = stream.read(&mut [0; 4096]).await.unwrap();
    let length = body.len();
    let response = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(response.as_bytes()).await.unwrap();
}

/// What a user reads of this response.
async fn ask(status: &str, body: &str) -> Failure {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let jaeger = Jaeger::open(format!("http://{address}").parse().unwrap()).unwrap();
    let (spans, ()) = tokio::join!(jaeger.spans(ID), serve(listener, status, body));
    spans.unwrap_err().into()
}

/// What a user reads of this cause.
fn told(cause: QueryError) -> Failure {
    let address = "http://jaeger:16686".to_owned();
    JaegerError { address, cause }.into()
}

#[tokio::test]
async fn each_response_has_its_sentence_and_its_exit_code() {
    let page = "<!DOCTYPE html><title>Jaeger UI</title>";
    let error = r#"{"error":{"httpCode":500,"message":"disk\u001b[2Jfull"}}"#;
    for (status, body, outcome, words) in [
        (
            "200 OK",
            page,
            Outcome::Failed,
            "is not the query API of Jaeger 2",
        ),
        (
            "404 Not Found",
            page,
            Outcome::Failed,
            "(404 Not Found) is not the query API",
        ),
        (
            "502 Bad Gateway",
            page,
            Outcome::Unavailable,
            "it returned 502 Bad Gateway; see its log",
        ),
        (
            "500 Internal Server Error",
            error,
            Outcome::Unavailable,
            "500 Internal Server Error: disk\u{fffd}[2Jfull",
        ),
        (
            "401 Unauthorized",
            "",
            Outcome::Failed,
            "it requires a password (401 Unauthorized)",
        ),
    ] {
        let failure = ask(status, body).await;
        assert_eq!(failure.outcome, outcome, "{failure}");
        assert!(failure.sentence.contains(words), "{failure}");
        let begin = "cannot query Jaeger at http://127.0.0.1:";
        assert!(failure.sentence.starts_with(begin), "{failure}");
    }
}

#[test]
fn a_jaeger_that_is_not_there_says_what_to_check() {
    let failure = told(QueryError::Unreachable("connection refused".to_owned()));
    assert_eq!(failure.outcome, Outcome::Unavailable);
    let expected = "cannot query Jaeger at http://jaeger:16686: connection refused; check that it \
                    runs, and check --jaeger";
    assert_eq!(failure.sentence, expected);
}

#[test]
fn limits_are_told_with_their_units() {
    let waited = Duration::from_secs(10);
    let failure = told(QueryError::NoResponse { waited });
    assert_eq!(failure.outcome, Outcome::Unavailable);
    assert!(
        failure.sentence.contains("no response within 10s"),
        "{failure}"
    );
    let limit_bytes = 64 * 1024 * 1024;
    let failure = told(QueryError::TooLarge { limit_bytes });
    assert!(failure.sentence.contains("larger than 64 MiB"), "{failure}");
}

#[test]
fn a_trace_that_is_not_there_says_where_it_may_be() {
    let failure = told(QueryError::NotFound {
        trace_id: ID,
        waited: Duration::from_millis(1),
    });
    assert_eq!(failure.outcome, Outcome::NotFound);
    for words in [
        "was not found within 1ms",
        "OTEL_TRACES_SAMPLER",
        &ID.to_string(),
    ] {
        assert!(failure.sentence.contains(words), "{failure}");
    }
}
