//! What is said of one instance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::endpoints::is_address;

/// What Kitex gives to an instance that says nothing else.
const DEFAULT_WEIGHT: i64 = 10;

/// One instance, in the JSON of Kitex.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Instance {
    network: String,
    address: String,
    #[serde(default)]
    weight: i64,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
}

impl Instance {
    /// The instance that takes connections at `address`.
    pub fn new(address: &str) -> Self {
        Self {
            network: "tcp".to_owned(),
            address: address.to_owned(),
            weight: DEFAULT_WEIGHT,
            tags: None,
        }
    }

    /// The instance that `value` describes, if it is one that can be connected to.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let instance: Self = serde_json::from_slice(value).ok()?;
        (instance.network.starts_with("tcp") && is_address(&instance.address)).then_some(instance)
    }

    /// Its host and port.
    pub fn address(&self) -> &str {
        &self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_written_as_kitex_writes_it() {
        assert_eq!(
            serde_json::to_string(&Instance::new("10.0.0.5:8888")).unwrap(),
            r#"{"network":"tcp","address":"10.0.0.5:8888","weight":10,"tags":null}"#
        );
    }

    #[test]
    fn what_kitex_writes_is_read() {
        for value in [
            r#"{"network":"tcp","address":"10.0.0.5:8888","weight":10,"tags":null}"#,
            r#"{"network":"tcp4","address":"users:8888","weight":0,"tags":{"zone":"a"},"new":1}"#,
            r#"{"network":"tcp","address":"[::1]:8888"}"#,
        ] {
            assert!(Instance::parse(value.as_bytes()).is_some(), "{value}");
        }
    }

    #[test]
    fn what_is_no_instance_is_passed_over() {
        for value in [
            "",
            "10.0.0.5:8888",
            r#"{"network":"tcp"}"#,
            r#"{"network":"tcp","address":"10.0.0.5"}"#,
            r#"{"network":"tcp","address":"10.0.0.5:0"}"#,
            r#"{"network":"tcp","address":"10.0.0.5:1/path"}"#,
            r#"{"network":"unix","address":"/run/users.sock"}"#,
        ] {
            assert_eq!(Instance::parse(value.as_bytes()), None, "{value}");
        }
    }
}
