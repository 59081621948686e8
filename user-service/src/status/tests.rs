#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use tonic_types::StatusExt;

use super::*;

#[test]
fn every_bad_field_has_its_violation() {
    let violation = |field, rule| Violation { field, rule };
    let status = of(Error::Invalid(vec![
        violation(Field::Name, "is bad"),
        violation(Field::Email, "is worse"),
    ]));

    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.message(), "name is bad; email is worse");
    let details = status.get_error_details();
    let fields = &details.bad_request().unwrap().field_violations;
    assert_eq!(fields.len(), 2);
    assert_eq!(fields[1].field, "email");
}

#[test]
fn every_error_names_its_reason_and_domain() {
    let statuses = [
        (
            of(Error::NotFound(UserId::new(7).unwrap())),
            "USER_NOT_FOUND",
        ),
        (of(Error::AlreadyExists(Conflict::Email)), "EMAIL_TAKEN"),
        (
            of(Error::AlreadyExists(Conflict::RequestId)),
            "REQUEST_ID_REUSED",
        ),
        (of(RepositoryError::Exhausted.into()), "DATABASE_BUSY"),
    ];
    for (status, reason) in statuses {
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(info.reason, reason);
        assert_eq!(info.domain, "user.v1");
    }
}

#[test]
fn a_retry_is_advised_where_it_may_help_only() {
    let cause = || Arc::new(std::io::Error::other("password=hunter2"));
    let unavailable = of(RepositoryError::Unavailable(cause()).into());
    let defect = of(RepositoryError::Internal(cause()).into());

    assert!(unavailable.get_error_details().retry_info().is_some());
    assert!(defect.get_error_details().retry_info().is_none());
    assert!(!unavailable.message().contains("hunter2"));
    assert!(!defect.message().contains("hunter2"));
}
