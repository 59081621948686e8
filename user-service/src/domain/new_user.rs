//! A user to be created: parsed once, at the edge, all violations at a time.

use super::error::{Error, Field, Violation};
use super::user::{Email, Name, Phone, RequestId, User, UserId};

/// A request to create a user, as it came.
pub struct UncheckedUser {
    /// Its name.
    pub name: String,
    /// Its e-mail address.
    pub email: String,
    /// Its telephone number.
    pub phone: Option<String>,
    /// The caller's id of the request; empty for none.
    pub request_id: String,
}

/// A request to create a user that keeps the rules.
#[derive(Clone)]
pub struct NewUser {
    /// Its name.
    pub name: Name,
    /// Its e-mail address.
    pub email: Email,
    /// Its telephone number.
    pub phone: Option<Phone>,
    /// The caller's id of the request.
    pub request_id: Option<RequestId>,
    /// The id that the store drew for it, if it did so before.
    pub id: Option<UserId>,
}

impl NewUser {
    /// Whether `user` is what this request asked for.
    pub fn describes(&self, user: &User) -> bool {
        user.name == self.name.as_str()
            && user.email == self.email.as_str()
            && user.phone.as_deref() == self.phone.as_ref().map(Phone::as_str)
    }
}

impl TryFrom<UncheckedUser> for NewUser {
    type Error = Error;

    fn try_from(unchecked: UncheckedUser) -> Result<Self, Error> {
        let mut violations = Vec::new();
        let mut violated = |field, rule| violations.push(Violation { field, rule });

        let name = Name::parse(unchecked.name);
        if name.is_none() {
            violated(Field::Name, Name::RULE);
        }
        let email = Email::parse(unchecked.email);
        if email.is_none() {
            violated(Field::Email, Email::RULE);
        }
        let phone = unchecked.phone.map(Phone::parse);
        if matches!(phone, Some(None)) {
            violated(Field::Phone, Phone::RULE);
        }
        let given = Some(unchecked.request_id).filter(|text| !text.is_empty());
        let request_id = given.map(|text| RequestId::parse(&text));
        if matches!(request_id, Some(None)) {
            violated(Field::RequestId, RequestId::RULE);
        }
        match (name, email) {
            (Some(name), Some(email)) if violations.is_empty() => Ok(Self {
                name,
                email,
                phone: phone.flatten(),
                request_id: request_id.flatten(),
                id: None,
            }),
            _ => Err(Error::Invalid(violations)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unchecked(name: &str, email: &str, phone: Option<&str>, request_id: &str) -> UncheckedUser {
        UncheckedUser {
            name: name.into(),
            email: email.into(),
            phone: phone.map(Into::into),
            request_id: request_id.into(),
        }
    }

    #[test]
    fn every_bad_field_is_named_once() {
        let all_bad = unchecked("", "nobody", Some(""), "7");

        let Err(Error::Invalid(violations)) = NewUser::try_from(all_bad) else {
            unreachable!("four fields are bad");
        };

        let fields: Vec<_> = violations.iter().map(|violation| violation.field).collect();
        assert_eq!(
            fields,
            [Field::Name, Field::Email, Field::Phone, Field::RequestId]
        );
    }

    #[test]
    fn phone_and_request_id_may_be_absent() {
        let minimal = unchecked("Ada", "ada@example.com", None, "");

        let user = NewUser::try_from(minimal);

        assert!(user.is_ok_and(|user| user.phone.is_none() && user.request_id.is_none()));
    }
}
