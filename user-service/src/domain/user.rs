//! A user and its parts; each part is a type that can only hold what the rules allow.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use uuid::Uuid;

/// The id of a user: greater than 0, given by the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(i64);

impl UserId {
    /// The rule of ids.
    pub const RULE: &'static str = "must be greater than 0";

    /// The id with this number, if it can be one.
    pub fn new(number: i64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The name of a user: 1 to 200 characters, not blank, no control characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// The rule of names.
    pub const RULE: &'static str =
        "must have 1 to 200 characters, not all blank, and none that is a control character";
    const MAX_CHARS: usize = 200;

    /// The name, if it is one.
    pub fn parse(text: String) -> Option<Self> {
        let valid = !text.trim().is_empty()
            && text.chars().count() <= Self::MAX_CHARS
            && !text.chars().any(char::is_control);
        valid.then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An e-mail address by RFC 5321, at most 254 characters of ASCII.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The rule of addresses.
    pub const RULE: &'static str =
        "must be an e-mail address such as ada@example.com, of at most 254 characters";
    const MAX_BYTES: usize = 254;

    /// The address, if it is one.
    pub fn parse(text: String) -> Option<Self> {
        if !text.is_ascii() || text.len() > Self::MAX_BYTES {
            return None;
        }
        let options = Options::default().without_display_text();
        EmailAddress::parse_with_options(&text, options).ok()?;
        Some(Self(text))
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which addresses are compared: two that differ in case only are the same.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// A telephone number by E.164: "+" and 2 to 15 digits, the first not 0.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// The rule of numbers.
    pub const RULE: &'static str = "must be an E.164 number such as +4930123456, or absent";

    /// The number, if it is one.
    pub fn parse(text: String) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let valid = (2..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        valid.then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The caller's id of a request: a UUID, not nil.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(Uuid);

impl RequestId {
    /// The rule of request ids.
    pub const RULE: &'static str = "must be a UUID that is not all zeros, or empty";

    /// The id, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::from_str(text).ok()?;
        (!uuid.is_nil()).then_some(Self(uuid))
    }

    /// The UUID.
    pub fn get(self) -> Uuid {
        self.0
    }
}

/// A user as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub name: String,
    /// Its e-mail address.
    pub email: String,
    /// Its telephone number.
    pub phone: Option<String>,
    /// When it was created: Unix time in seconds, by the clock of the database.
    pub created_at: i64,
}

/// Personal data stays out of logs, so only the id is shown.
impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("User")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
