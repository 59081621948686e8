//! The address of a service that is registered in etcd.

use grpc_discovery::{Endpoints, KITEX_PREFIX, Service};
use tonic::transport::Uri;

const EXPECTED: &str = "write etcd://HOST:PORT/SERVICE";

/// Where a service is registered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Registry {
    /// Where etcd answers.
    pub endpoints: Endpoints,
    /// What to ask it for.
    pub service: Service,
}

impl Registry {
    /// What `HOST:PORT,HOST:PORT/SERVICE` says, or with `PREFIX/SERVICE` for one
    /// that is not below the prefix of Kitex.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (endpoints, path) = text
            .split_once('/')
            .ok_or(format!("the service is missing; {EXPECTED}"))?;
        let endpoints: Endpoints = endpoints.parse()?;
        if endpoints.uris().is_empty() {
            return Err(format!("the host is missing; {EXPECTED}"));
        }
        let (prefix, name) = path.rsplit_once('/').unwrap_or((KITEX_PREFIX, path));
        let name = name
            .parse()
            .map_err(|error| format!("{error}; {EXPECTED}"))?;
        Ok(Self {
            endpoints,
            service: Service::new(prefix, name),
        })
    }

    /// The service by its name: what its spans and its certificate call it.
    pub(super) fn uri(&self, scheme: &str) -> Result<Uri, String> {
        let name = self.service.name();
        let uri = format!("{scheme}{name}").parse();
        uri.map_err(|_| format!("{name} can be no host; {EXPECTED}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_below_the_prefix_of_kitex_unless_another_is_given() {
        let table = [
            ("a:1,b:2/users", "kitex/registry-etcd/users/x:1"),
            ("a:1/my/own/users", "my/own/users/x:1"),
            ("a:1//users", "/users/x:1"),
        ];
        for (text, key) in table {
            let registry = Registry::parse(text).unwrap();
            assert_eq!(registry.service.key("x:1"), key);
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_to_write_instead() {
        for text in ["", "a:1", "a:1/", "/users", "a/users", "a:1/users/"] {
            let error = Registry::parse(text).unwrap_err();
            assert!(error.contains("; write "), "{text}: {error}");
        }
    }
}
