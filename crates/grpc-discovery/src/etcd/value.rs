//! The value of a key in etcd: one instance, in the JSON of Kitex's registry-etcd.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Instance;
use crate::endpoints::is_address;
use crate::instance::{DEFAULT_WEIGHT, ZONE};

/// What Kitex writes.
#[derive(Debug, Deserialize, Serialize)]
struct Value {
    network: String,
    address: String,
    #[serde(default)]
    weight: i64,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
}

/// The value of `instance`.
pub(super) fn encode(instance: &Instance) -> serde_json::Result<Vec<u8>> {
    let zone = instance.zone();
    let tags = zone.map(|zone| BTreeMap::from([(ZONE.to_owned(), zone.to_owned())]));
    serde_json::to_vec(&Value {
        network: "tcp".to_owned(),
        address: instance.address().to_owned(),
        weight: instance.weight().into(),
        tags,
    })
}

/// The instance that `value` describes, if it is one that can be connected to.
pub(super) fn decode(value: &[u8]) -> Option<Instance> {
    let value: Value = serde_json::from_slice(value).ok()?;
    if !value.network.starts_with("tcp") || !is_address(&value.address) {
        return None;
    }
    // Kitex reads a weight of 0 or less as the default too.
    let weight = match u32::try_from(value.weight) {
        Ok(0) | Err(_) if value.weight <= 0 => DEFAULT_WEIGHT,
        Ok(weight) => weight,
        Err(_) => u32::MAX,
    };
    let zone = value.tags.as_ref().and_then(|tags| tags.get(ZONE));
    let instance = Instance::new(&value.address).with_weight(weight);
    Some(instance.in_zone(zone.map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_encoded_as_kitex_encodes_it() {
        let instance = Instance::new("10.0.0.5:8888").with_weight(30);
        assert_eq!(
            String::from_utf8(encode(&instance).unwrap()).unwrap(),
            r#"{"network":"tcp","address":"10.0.0.5:8888","weight":30,"tags":null}"#
        );
    }

    #[test]
    fn a_zone_is_a_tag() {
        let instance = Instance::new("10.0.0.5:8888").in_zone(Some("eu-1a"));
        let value = encode(&instance).unwrap();
        let text =
            r#"{"network":"tcp","address":"10.0.0.5:8888","weight":10,"tags":{"zone":"eu-1a"}}"#;
        assert_eq!(String::from_utf8_lossy(&value), text);
        assert_eq!(decode(&value), Some(instance));
    }

    #[test]
    fn what_kitex_writes_is_decoded() {
        let table = [
            (
                r#"{"network":"tcp","address":"10.0.0.5:8888","weight":20,"tags":null}"#,
                20,
            ),
            (
                r#"{"network":"tcp4","address":"users:8888","weight":0,"tags":{"zone":"a"},"new":1}"#,
                10,
            ),
            (r#"{"network":"tcp","address":"[::1]:8888"}"#, 10),
            (r#"{"network":"tcp","address":"a:1","weight":-7}"#, 10),
            (
                r#"{"network":"tcp","address":"a:1","weight":9223372036854775807}"#,
                10_000,
            ),
        ];
        for (value, weight) in table {
            let instance = decode(value.as_bytes());
            assert_eq!(instance.map(|it| it.weight()), Some(weight), "{value}");
        }
    }

    #[test]
    fn a_value_that_is_not_an_instance_is_skipped() {
        for value in [
            "",
            "10.0.0.5:8888",
            r#"{"network":"tcp"}"#,
            r#"{"network":"tcp","address":"10.0.0.5"}"#,
            r#"{"network":"tcp","address":"10.0.0.5:0"}"#,
            r#"{"network":"tcp","address":"10.0.0.5:1/path"}"#,
            r#"{"network":"unix","address":"/run/users.sock"}"#,
        ] {
            assert_eq!(decode(value.as_bytes()), None, "{value}");
        }
    }
}
