//! Users for tests.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::user::{User, UserId};

/// Ada Lovelace, without a telephone number, under the id `number`. A test that needs
/// another field gives it and takes the others from here.
pub(crate) fn user(number: i64) -> User {
    User {
        id: UserId::new(number).unwrap(),
        name: "Ada Lovelace".into(),
        email: "ada@example.com".into(),
        phone: None,
        created_at: 1_700_000_000,
    }
}
