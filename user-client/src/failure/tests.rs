use super::*;

fn failed_call() -> Failure {
    Failure {
        outcome: Outcome::Unavailable,
        code: Some(Code::Unavailable),
        trace_id: Some(TraceId::from_bytes([0xab; 16])),
        ..Failure::new("cannot reach it")
    }
}

#[test]
fn a_failure_shows_its_code_and_trace() {
    assert_eq!(
        failed_call().to_string(),
        "cannot reach it (UNAVAILABLE, trace abababababababababababababababab)"
    );
}

#[test]
fn a_failure_outside_a_call_is_only_its_sentence() {
    assert_eq!(Failure::new("no space").to_string(), "no space");
}

#[test]
fn a_request_id_comes_with_what_it_is_good_for() {
    let failure = Failure {
        request_id: Some("1b4e28ba".to_owned()),
        ..failed_call()
    };
    assert!(
        failure
            .to_string()
            .contains("repeat the call safely with --request-id 1b4e28ba")
    );
}

#[test]
fn json_has_the_facts_that_are_known() {
    let failure = Failure {
        details: Some(Box::new(Details {
            reason: Some("DATABASE_UNAVAILABLE".to_owned()),
            violations: vec![Violation {
                field: "email".to_owned(),
                description: "is missing".to_owned(),
            }],
            retry_after: Some(Duration::from_millis(1_500)),
        })),
        ..failed_call()
    };
    let expected = json!({"error": {
        "message": "cannot reach it",
        "exit_code": 6,
        "code": "UNAVAILABLE",
        "reason": "DATABASE_UNAVAILABLE",
        "violations": [{"field": "email", "description": "is missing"}],
        "retry_after_ms": 1_500,
        "trace_id": "abababababababababababababababab",
    }});
    assert_eq!(failure.to_json(), expected);
}

#[test]
fn a_reader_that_went_away_is_no_failure_to_speak_of() {
    let gone = Failure::output(&io::Error::from(io::ErrorKind::BrokenPipe));
    assert_eq!(gone.retryability, Retryability::OutputClosed);
    assert_eq!(gone.outcome, Outcome::Ok);
    let full = Failure::output(&io::Error::from(io::ErrorKind::StorageFull));
    assert_eq!(full.retryability, Retryability::Final);
    assert_eq!(full.outcome, Outcome::Failed);
}
