//! Responses, checked before they are used: the server may be another program, or wrong.

use user_proto::v1::{CreateUsersResponse, User};

use crate::failure::{Failure, Retryability};

/// No text of a user is longer, in bytes; a name has 200 characters.
const LONGEST_TEXT: usize = 4 * 1024;

/// The user with the requested id.
pub(crate) fn user_with_id(user_id: i64, user: User) -> Result<User, Failure> {
    same_id(user_id, user.id)?;
    fit(user)
}

/// Checks that a response is for the requested user.
pub(crate) fn same_id(requested: i64, returned: i64) -> Result<(), Failure> {
    match requested == returned {
        true => Ok(()),
        false => Err(invalid(&format!(
            "user {returned} instead of user {requested}"
        ))),
    }
}

/// The next user of a list, which is in the order of the ids.
pub(super) fn next_user(after_user_id: i64, user: User) -> Result<User, Failure> {
    if user.id <= after_user_id {
        let id = user.id;
        return Err(invalid(&format!("user {id} after user {after_user_id}")));
    }
    fit(user)
}

/// More users than the limit arrived.
pub(crate) fn too_many_users() -> Failure {
    invalid("more users than were requested")
}

/// The id of a new user. A repeat can find out which one it is.
pub(super) fn new_id(id: i64) -> Result<i64, Failure> {
    match id > 0 {
        true => Ok(id),
        false => Err(Failure {
            retryability: Retryability::Uncertain,
            ..invalid(&format!("the id {id}"))
        }),
    }
}

/// The results of `rows` rows: each was created or rejected, the rejected ones in order.
pub(super) fn of_rows(
    rows: usize,
    response: CreateUsersResponse,
) -> Result<CreateUsersResponse, Failure> {
    let (created, refused) = (response.user_ids.len(), response.failures.len());
    let in_order = response.failures.is_sorted_by(|a, b| a.index < b.index);
    let in_range = |index: i64| usize::try_from(index).is_ok_and(|index| index < rows);
    let exist = response.failures.iter().all(|it| in_range(it.index));
    let counted = usize::try_from(response.created_count) == Ok(created);
    if in_order && exist && counted && created.saturating_add(refused) == rows {
        return Ok(response);
    }
    Err(invalid(&format!(
        "{} created and {refused} rejected for {rows} rows",
        response.created_count
    )))
}

/// `user`, unless one of its texts is too long.
fn fit(user: User) -> Result<User, Failure> {
    let phone = user.phone.as_deref().unwrap_or_default();
    for (part, text) in [
        ("a name", user.name.as_str()),
        ("an e-mail address", &user.email),
        ("a phone number", phone),
    ] {
        if text.len() > LONGEST_TEXT {
            return Err(invalid(&format!("{part} of {} bytes", text.len())));
        }
    }
    Ok(user)
}

fn invalid(what: &str) -> Failure {
    Failure::new(format!(
        "user-service returned {what}, which cannot be valid; check that --server is a \
         user-service of this version, and look at its log"
    ))
}
