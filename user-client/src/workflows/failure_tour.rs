//! `failure-tour`: how errors look to a caller, and in a trace. The errors
//! are expected, so the workflow succeeds by meeting them.

use grpc_telemetry::rpc::code_name;
use tonic::Code;
use user_proto::v1::CreateUserRequest;

use super::{Report, sample};
use crate::client::UserClient;
use crate::failure::Failure;

/// No user has this id: ids count up from 1.
const UNUSED_ID: i64 = i64::MAX;

/// Runs the workflow.
///
/// # Errors
/// When a call succeeds that must fail, or fails in another way.
pub async fn run(client: &UserClient, report: &mut Report<'_>) -> Result<(), Failure> {
    let invalid = CreateUserRequest {
        name: String::new(),
        email: "not an address".to_owned(),
        ..sample::new_user()
    };
    let response = client.create(invalid).await.map(drop);
    let result = expect(response, Code::InvalidArgument)?;
    report.done("an invalid argument", &result)?;

    let response = client.get(UNUSED_ID).await.map(drop);
    let result = expect(response, Code::NotFound)?;
    report.done("a missing user", &result)?;

    let user = sample::new_user();
    client.create(user.clone()).await?;
    let duplicate = CreateUserRequest {
        email: user.email.to_uppercase(),
        ..sample::new_user()
    };
    let response = client.create(duplicate).await.map(drop);
    let result = expect(response, Code::AlreadyExists)?;
    report.done("a duplicate e-mail", &result)
}

/// The expected failure, in words.
fn expect(response: Result<(), Failure>, code: Code) -> Result<String, Failure> {
    match response {
        Err(failure) if failure.code == Some(code) => Ok(in_short(code, &failure)),
        Err(failure) => Err(failure),
        Ok(()) => Err(Failure::new(format!(
            "user-service accepted what it must refuse with {}",
            code_name(code)
        ))),
    }
}

/// The code, and the service's reason for it.
fn in_short(code: Code, failure: &Failure) -> String {
    let details = failure.details.as_deref();
    let reason = details.and_then(|details| details.reason.as_deref());
    let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    format!("{}{reason}, as expected", code_name(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: Code) -> Failure {
        Failure {
            code: Some(code),
            ..Failure::new("no user has the id 7")
        }
    }

    #[test]
    fn the_expected_failure_is_a_success() {
        let result = expect(Err(failed(Code::NotFound)), Code::NotFound).unwrap();
        assert_eq!(result, "NOT_FOUND, as expected");
    }

    #[test]
    fn the_reason_is_told_where_there_is_one() {
        let failure = Failure {
            details: Some(Box::new(crate::failure::Details {
                reason: Some("USER_NOT_FOUND".to_owned()),
                ..Default::default()
            })),
            ..failed(Code::NotFound)
        };
        let result = expect(Err(failure), Code::NotFound).unwrap();
        assert_eq!(result, "NOT_FOUND (USER_NOT_FOUND), as expected");
    }

    #[test]
    fn another_failure_stays_one() {
        let failure = expect(Err(failed(Code::Unavailable)), Code::NotFound).unwrap_err();
        assert_eq!(failure.code, Some(Code::Unavailable));
    }

    #[test]
    fn success_where_failure_is_due_is_a_failure() {
        let failure = expect(Ok(()), Code::AlreadyExists).unwrap_err();
        assert!(
            failure
                .sentence
                .ends_with("must refuse with ALREADY_EXISTS")
        );
    }
}
