//! New users: as the parameter of a statement, and what came of each of them.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use uuid::Uuid;

use super::row::RequestedRow;
use crate::domain::{Conflict, Created, NewUser, Phone, RepositoryError, User, UserId};

/// A new user as the statements take it apart.
#[derive(Serialize)]
pub(super) struct Item<'a> {
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) phone: Option<&'a str>,
    pub(super) request_id: Option<Uuid>,
    /// Only in a list of which all have one.
    #[serde(skip)]
    pub(super) id: Option<i64>,
}

/// All of `users`.
pub(super) fn items(users: &[NewUser]) -> Vec<Item<'_>> {
    users.iter().map(item).collect()
}

/// Those of `users` that have no outcome yet.
pub(super) fn refused<'a>(users: &'a [NewUser], outcomes: &[Option<Created>]) -> Vec<Item<'a>> {
    let pairs = users.iter().zip(outcomes);
    pairs
        .filter(|(_, outcome)| outcome.is_none())
        .map(|(user, _)| item(user))
        .collect()
}

fn item(user: &NewUser) -> Item<'_> {
    Item {
        name: user.name.as_str(),
        email: user.email.as_str(),
        phone: user.phone.as_ref().map(Phone::as_str),
        request_id: user.request_id.map(|id| id.get()),
        id: user.id.map(UserId::get),
    }
}

/// What came of each of `users`, when these rows were inserted for them; `None`
/// is one for which none was: something is in its way.
pub(super) fn inserted(
    users: &[NewUser],
    mut rows: Vec<RequestedRow>,
) -> Result<Vec<Option<Created>>, RepositoryError> {
    // Ids rise in the order of the users, so that the first look is at the right one;
    // no database promises it, so that the others are looked at as well.
    rows.sort_unstable_by_key(|row| row.user.id);
    let mut outcomes = vec![None; users.len()];
    let mut next = 0;
    for row in rows {
        let candidates = (next..users.len()).chain(0..next);
        let index = candidates
            .filter(|&index| outcomes[index].is_none())
            .find(|&index| is_row_of(&users[index], &row));
        if let Some(index) = index {
            outcomes[index] = Some(Created::User(row.user.try_into()?));
            next = index + 1;
        }
    }
    Ok(outcomes)
}

fn is_row_of(user: &NewUser, row: &RequestedRow) -> bool {
    row.user.email == user.email.as_str()
        && row.user.name == user.name.as_str()
        && row.user.phone.as_deref() == user.phone.as_ref().map(Phone::as_str)
        && row.request_id == user.request_id.map(|id| id.get())
}

/// Fills the gaps in `outcomes` by the rows that are in the way; `None` stays for one of `users`
/// that none is in the way of.
pub(super) fn resolve(
    users: &[NewUser],
    outcomes: Vec<Option<Created>>,
    in_the_way: Vec<RequestedRow>,
) -> Result<Vec<Option<Created>>, RepositoryError> {
    let conflicts = Conflicts::new(in_the_way)?;
    let pairs = users.iter().zip(outcomes);
    Ok(pairs
        .map(|(user, outcome)| outcome.or_else(|| conflicts.of(user)))
        .collect())
}

/// Stored users by what makes them stand in the way of others.
struct Conflicts {
    by_request_id: HashMap<Uuid, User>,
    emails: HashSet<String>,
}

impl Conflicts {
    fn new(rows: Vec<RequestedRow>) -> Result<Self, RepositoryError> {
        let mut conflicts = Self {
            by_request_id: HashMap::new(),
            emails: HashSet::new(),
        };
        for row in rows {
            conflicts.emails.insert(row.user.email.to_ascii_lowercase());
            if let Some(request_id) = row.request_id {
                let user = User::try_from(row.user)?;
                conflicts.by_request_id.insert(request_id, user);
            }
        }
        Ok(conflicts)
    }

    /// What `user` meets; `None` if nothing is in its way any more.
    fn of(&self, user: &NewUser) -> Option<Created> {
        let first = user
            .request_id
            .and_then(|id| self.by_request_id.get(&id.get()));
        match first {
            Some(first) if user.describes(first) => Some(Created::User(first.clone())),
            Some(_) => Some(Created::Conflict(Conflict::RequestId)),
            None => {
                let taken = self.emails.contains(&user.email.key());
                taken.then_some(Created::Conflict(Conflict::Email))
            }
        }
    }
}
