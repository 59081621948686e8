//! Rows that are created together.

use std::collections::HashSet;

use crate::domain::{CheckedUsers, NewUser, RequestId};

/// What only one user can have, of some users.
#[derive(Default)]
pub(super) struct Unique {
    emails: HashSet<String>,
    request_ids: HashSet<RequestId>,
}

impl Unique {
    /// That of `users`.
    pub(super) fn of(users: &[NewUser]) -> Self {
        Self {
            emails: users.iter().map(|user| user.email.key()).collect(),
            request_ids: users.iter().filter_map(|user| user.request_id).collect(),
        }
    }

    /// Whether none of these users is in the way of one of `others`.
    pub(super) fn is_apart_from(&self, others: &Self) -> bool {
        self.emails.is_disjoint(&others.emails) && self.request_ids.is_disjoint(&others.request_ids)
    }
}

/// Some rows, in their order: one statement and one transaction.
pub(super) struct Batch {
    /// The users to create.
    pub(super) users: CheckedUsers,
    /// What must be unique of them.
    pub(super) unique: Unique,
}

impl Batch {
    /// That of `users`.
    pub(super) fn new(users: CheckedUsers) -> Self {
        let unique = Unique::of(users.valid());
        Self { users, unique }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::UncheckedUser;

    const ID: &str = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736";

    fn unique(email: &str, request_id: &str) -> Unique {
        let user = NewUser::try_from(UncheckedUser {
            name: "Ada".to_owned(),
            email: email.to_owned(),
            phone: None,
            request_id: request_id.to_owned(),
        });
        Unique::of(&[user.unwrap()])
    }

    #[test]
    fn users_with_the_same_address_or_request_id_are_not_apart() {
        let first = unique("ada@example.com", ID);
        for (email, request_id, is_apart) in [
            ("grace@example.com", "", true),
            ("ADA@example.com", "", false),
            ("grace@example.com", ID, false),
            ("grace@example.com", &ID.to_uppercase(), false),
        ] {
            let other = unique(email, request_id);
            assert_eq!(
                other.is_apart_from(&first),
                is_apart,
                "{email} {request_id}"
            );
        }
    }

    #[test]
    fn users_without_a_request_id_are_apart() {
        let first = unique("ada@example.com", "");
        assert!(unique("grace@example.com", "").is_apart_from(&first));
    }
}
