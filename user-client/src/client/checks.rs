//! Responses, checked before they are used: the server may be another program, or lie.

use user_proto::v1::{CreateUsersResponse, User};

use crate::failure::{Aftermath, Failure};

/// No text of a user is longer, in bytes; a name has 200 characters.
const LONGEST_TEXT: usize = 4 * 1024;

/// The user with the id that was asked for.
pub(crate) fn user_with_id(user_id: i64, user: User) -> Result<User, Failure> {
    same_id(user_id, user.id)?;
    fit(user)
}

/// Whether an answer is for the user that was asked for.
pub(crate) fn same_id(asked: i64, answered: i64) -> Result<(), Failure> {
    match asked == answered {
        true => Ok(()),
        false => Err(untrue(&format!("user {answered} instead of user {asked}"))),
    }
}

/// The next user of a list, which is in the order of the ids.
pub(super) fn next_user(after_user_id: i64, user: User) -> Result<User, Failure> {
    if user.id <= after_user_id {
        let id = user.id;
        return Err(untrue(&format!("user {id} after user {after_user_id}")));
    }
    fit(user)
}

/// More came than was asked for.
pub(crate) fn too_many_users() -> Failure {
    untrue("more users than were asked for")
}

/// The id of a new user. A repeat can find out which one it is.
pub(super) fn new_id(id: i64) -> Result<i64, Failure> {
    match id > 0 {
        true => Ok(id),
        false => Err(Failure {
            aftermath: Aftermath::Uncertain,
            ..untrue(&format!("the id {id}"))
        }),
    }
}

/// What became of `rows` rows, each of which was created or refused, the refused ones in order.
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
    Err(untrue(&format!(
        "{} created and {refused} refused for {rows} rows",
        response.created_count
    )))
}

/// `user`, unless it has a text that none has.
fn fit(user: User) -> Result<User, Failure> {
    let phone = user.phone.as_deref().unwrap_or_default();
    for (part, text) in [
        ("a name", user.name.as_str()),
        ("an e-mail address", &user.email),
        ("a phone number", phone),
    ] {
        if text.len() > LONGEST_TEXT {
            return Err(untrue(&format!("{part} of {} bytes", text.len())));
        }
    }
    Ok(user)
}

fn untrue(what: &str) -> Failure {
    Failure::new(format!(
        "user-service answered with {what}, which cannot be right; see whether --server names a \
         user-service of this version, and look at its log"
    ))
}
