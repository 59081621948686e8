//! Errors of the application, which are not failures of the call.

use std::collections::BTreeMap;

use crate::ttheader::{Infos, keys};

/// A business error (`BizStatusError`): in the infos of a TTHeader beside an empty result, or in
/// the trailers of a gRPC call beside its status. A client without TTHeader's handler takes that
/// for a success without a response: send it an exception instead.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BusinessError {
    /// The code of the application, not 0.
    pub status: i32,
    /// The error message.
    pub message: String,
    /// Further facts, such as the reason.
    pub extra: BTreeMap<String, String>,
}

impl BusinessError {
    /// The business error in `infos`, if there is one.
    pub fn of(infos: &Infos) -> Option<Self> {
        Self::parse(
            infos.string(keys::BUSINESS_STATUS)?,
            infos.string(keys::BUSINESS_MESSAGE).unwrap_or_default(),
            infos.string(keys::BUSINESS_EXTRA).unwrap_or_default(),
        )
    }

    /// The business error that the values of [`keys::BUSINESS_STATUS`],
    /// [`keys::BUSINESS_MESSAGE`] and [`keys::BUSINESS_EXTRA`] describe. As in Kitex there is
    /// none where the status is 0 or no number. An extra that is no JSON object with strings
    /// counts as empty: code and message are of use without it.
    pub fn parse(status: &str, message: &str, extra: &str) -> Option<Self> {
        let status = status.parse().ok().filter(|status| *status != 0)?;
        Some(Self {
            status,
            message: message.to_owned(),
            extra: serde_json::from_str(extra).unwrap_or_default(),
        })
    }

    /// Adds the error to the infos of a response.
    pub fn add_to(&self, infos: &mut Infos) {
        infos.set_string(keys::BUSINESS_STATUS, self.status.to_string());
        infos.set_string(keys::BUSINESS_MESSAGE, self.message.clone());
        if !self.extra.is_empty() {
            infos.set_string(keys::BUSINESS_EXTRA, self.extra_json());
        }
    }

    /// The value of [`keys::BUSINESS_EXTRA`].
    pub fn extra_json(&self) -> String {
        let extra = self.extra.iter();
        let pairs = extra.map(|(key, value)| (key.clone(), value.clone().into()));
        serde_json::Value::Object(pairs.collect()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_found() -> BusinessError {
        BusinessError {
            status: 404,
            message: "no user has the id 404".to_owned(),
            extra: BTreeMap::from([("reason".to_owned(), "USER_NOT_FOUND".to_owned())]),
        }
    }

    #[test]
    fn an_error_survives_its_infos() {
        let mut infos = Infos::default();
        not_found().add_to(&mut infos);
        assert_eq!(
            infos.string("biz-extra"),
            Some(r#"{"reason":"USER_NOT_FOUND"}"#)
        );
        assert_eq!(BusinessError::of(&infos), Some(not_found()));
    }

    #[test]
    fn without_extra_there_is_no_info_for_it() {
        let mut infos = Infos::default();
        let error = BusinessError {
            extra: BTreeMap::new(),
            ..not_found()
        };
        error.add_to(&mut infos);
        assert_eq!(infos.string("biz-extra"), None);
        assert_eq!(BusinessError::of(&infos), Some(error));
    }

    #[test]
    fn a_status_of_0_or_no_number_is_no_business_error() {
        for status in ["", "0", "-0", "x", "4294967296", "1.0"] {
            assert_eq!(BusinessError::parse(status, "", ""), None, "{status}");
        }
        assert_eq!(BusinessError::of(&Infos::default()), None);
    }

    #[test]
    fn an_extra_that_is_no_map_of_strings_counts_as_empty() {
        let deep = "[".repeat(100_000);
        for extra in ["", "{", "[]", r#"{"reason":1}"#, &deep] {
            let error = BusinessError::parse("404", "gone", extra).unwrap();
            assert_eq!((error.status, &*error.message), (404, "gone"));
            assert!(error.extra.is_empty());
        }
    }
}
