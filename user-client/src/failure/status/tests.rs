use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use super::*;

const SERVER: &str = "http://localhost:8888";

fn told(status: &Status) -> Failure {
    let circumstances = Circumstances {
        server: SERVER,
        timeout: Duration::from_secs(10),
        trace_id: None,
    };
    failure(status, circumstances)
}

fn caused_by(code: Code, error: impl Error + Send + Sync + 'static) -> Status {
    let mut status = Status::new(code, error.to_string());
    status.set_source(Arc::new(error));
    status
}

#[test]
fn a_refused_connection_says_how_to_start_the_service() {
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    let failure = told(&caused_by(Code::Unavailable, ConnectError(refused.into())));
    assert_eq!(
        failure.sentence,
        "cannot reach user-service at http://localhost:8888: connection refused; start it with \
         `cargo run -p user-service`, or set another address with --server"
    );
    assert_eq!(failure.outcome, Outcome::Unavailable);
    assert!(
        !failure.retryability.is_uncertain(),
        "what was never sent has not happened"
    );
}

#[test]
fn our_own_timer_is_a_deadline_though_tonic_calls_it_cancelled() {
    let failure = told(&caused_by(Code::Cancelled, TimeoutExpired(())));
    assert_eq!(failure.code, Some(Code::DeadlineExceeded));
    assert_eq!(
        failure.sentence,
        "no response from user-service at http://localhost:8888 within 10s; allow more with --timeout"
    );
}

#[test]
fn a_call_without_permission_says_what_is_required() {
    let failure = told(&Status::unauthenticated("no valid token"));
    assert_eq!(
        failure.sentence,
        "user-service at http://localhost:8888 requires authentication: no valid token; \
         give a valid token with --token-file"
    );
    let failure = told(&Status::permission_denied("not this method"));
    assert_eq!(
        failure.sentence,
        "user-service at http://localhost:8888 does not permit this call: not this method; \
         get a token with the required role, and give it with --token-file"
    );
}

#[test]
fn invalid_fields_are_named_each() {
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation("name", "is empty");
    details.add_bad_request_violation("email", "has no @");
    let status = Status::with_error_details(Code::InvalidArgument, "bad", details);
    let failure = told(&status);
    assert_eq!(failure.sentence, "2 fields are invalid");
    assert_eq!(failure.violations_of_several().len(), 2);

    let mut details = ErrorDetails::new();
    details.add_bad_request_violation("name", "is empty");
    let status = Status::with_error_details(Code::InvalidArgument, "bad", details);
    let failure = told(&status);
    assert_eq!(failure.sentence, "name: is empty");
    assert!(failure.violations_of_several().is_empty());
}

#[test]
fn reason_trace_and_delay_are_taken_from_the_details() {
    let mut details = ErrorDetails::new();
    details
        .set_error_info("DATABASE_UNAVAILABLE", "user.v1", HashMap::new())
        .set_request_info("abababababababababababababababab", "")
        .set_retry_info(Some(Duration::from_secs(2)));
    let status = Status::with_error_details(Code::Unavailable, "the database is gone.", details);
    let failure = told(&status);
    let details = failure.details.unwrap();
    assert_eq!(details.reason.as_deref(), Some("DATABASE_UNAVAILABLE"));
    assert_eq!(details.retry_after, Some(Duration::from_secs(2)));
    assert_eq!(failure.trace_id, Some(TraceId::from_bytes([0xab; 16])));
    assert_eq!(
        failure.sentence,
        "user-service at http://localhost:8888 is unavailable: the database is gone; try again in 2s"
    );
}

#[test]
fn the_services_own_words_are_kept_and_made_harmless() {
    let failure = told(&Status::not_found("no user has the id 7\u{1b}[2J"));
    assert_eq!(failure.sentence, "no user has the id 7\u{fffd}[2J");
    assert_eq!(failure.outcome, Outcome::NotFound);
    assert_eq!(told(&Status::not_found("")).sentence, "NOT_FOUND");
}

#[test]
fn a_broken_connection_names_its_cause() {
    let reset = io::Error::other("stream closed because of a broken pipe");
    let failure = told(&caused_by(Code::Unknown, reset));
    assert!(failure.sentence.starts_with(
        "the connection to http://localhost:8888 broke: stream closed because of a broken pipe; "
    ));
}

#[test]
fn only_a_status_from_the_wire_is_an_answer() {
    assert!(answered(&Status::unavailable("from the service")));
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    assert!(!answered(&caused_by(Code::Unavailable, refused)));
}

#[test]
fn a_call_that_was_sent_may_have_been_carried_out_unless_it_was_refused() {
    let uncertain = |status: Status| told(&status).retryability.is_uncertain();
    assert!(uncertain(Status::unavailable("going down")));
    assert!(uncertain(Status::deadline_exceeded("")));
    assert!(!uncertain(Status::invalid_argument("name")));
    assert!(!uncertain(Status::already_exists("email")));
    assert!(!uncertain(Status::resource_exhausted("too much")));
}

/// What comes of an HTML page with this HTTP status.
fn of_page(status: u16) -> Status {
    let page = http::Response::builder()
        .status(status)
        .header("content-type", "text/html")
        .body(());
    NotGrpc::check(page.unwrap()).unwrap_err().into()
}

#[test]
fn a_web_server_is_not_taken_for_a_user_service() {
    let status = of_page(404);
    assert!(!answered(&status));
    let failure = told(&status);
    assert_eq!(
        failure.sentence,
        "the server at http://localhost:8888 does not speak gRPC (HTTP status 404 Not Found, \
         content type text/html); set the address of a user-service with --server"
    );
    assert_eq!(failure.outcome, Outcome::Failed);
}

#[test]
fn a_proxy_without_its_service_is_unavailable() {
    let failure = told(&of_page(503));
    assert_eq!(
        failure.sentence,
        "the server at http://localhost:8888 does not speak gRPC (HTTP status 503 Service \
         Unavailable, content type text/html): it may be a proxy that cannot reach user-service; \
         try again later, or set another address with --server"
    );
    assert_eq!(failure.outcome, Outcome::Unavailable);
    assert!(failure.retryability.is_transient());
}
