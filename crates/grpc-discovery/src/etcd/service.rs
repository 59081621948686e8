//! Which keys a service has.

use std::fmt;
use std::str::FromStr;

/// Where Kitex keeps its instances.
pub const KITEX_PREFIX: &str = "kitex/registry-etcd";

/// The name of a service: one part of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceName(String);

impl FromStr for ServiceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.is_empty() || text.contains('/') {
            true => Err("the name of a service is not empty and has no slash".to_owned()),
            false => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A service, as etcd knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Service {
    prefix: String,
    name: ServiceName,
}

impl Service {
    /// The service `name` below `prefix`.
    pub fn new(prefix: &str, name: ServiceName) -> Self {
        Self {
            prefix: prefix.to_owned(),
            name,
        }
    }

    /// Its name.
    pub fn name(&self) -> &ServiceName {
        &self.name
    }

    /// The key of its instance at `address`.
    pub fn key(&self, address: &str) -> String {
        format!("{}{address}", self.folder())
    }

    /// The keys of all its instances: from the first one up to the second.
    pub(super) fn range(&self) -> (Vec<u8>, Vec<u8>) {
        let first = self.folder().into_bytes();
        let mut end = first.clone();
        // It ends with a slash.
        if let Some(last) = end.last_mut() {
            *last += 1;
        }
        (first, end)
    }

    /// What the keys of all its instances begin with.
    fn folder(&self) -> String {
        format!("{}/{}/", self.prefix, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(prefix: &str) -> Service {
        Service::new(prefix, "user-service".parse().unwrap())
    }

    #[test]
    fn keys_are_those_of_kitex() {
        assert_eq!(
            service(KITEX_PREFIX).key("10.0.0.5:8888"),
            "kitex/registry-etcd/user-service/10.0.0.5:8888"
        );
        assert_eq!(service("").key("a:1"), "/user-service/a:1");
    }

    #[test]
    fn a_name_is_one_part_of_a_key() {
        assert!("".parse::<ServiceName>().is_err());
        assert!("users/admin".parse::<ServiceName>().is_err());
    }
}
