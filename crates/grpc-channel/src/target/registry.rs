//! The address of a service that is registered in etcd or in Nacos.

use grpc_discovery::Endpoints;
use grpc_discovery::etcd::{KITEX_PREFIX, Service};
use grpc_discovery::nacos::NacosService;
use tonic::transport::Uri;

/// Where a service is registered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Registry {
    /// In etcd.
    Etcd {
        /// Its members.
        endpoints: Endpoints,
        /// The service, below its prefix.
        service: Service,
    },
    /// In Nacos.
    Nacos {
        /// Its servers.
        endpoints: Endpoints,
        /// The service, in its namespace, group and cluster.
        service: NacosService,
    },
}

/// Parses what follows the scheme of a target.
type Parse = fn(&str) -> Result<Registry, String>;

/// The schemes of targets, the URL scheme of the instances, and how the rest is parsed.
pub(super) const SCHEMES: [(&str, &str, Parse); 4] = [
    ("etcd://", "http://", etcd),
    ("etcd+https://", "https://", etcd),
    ("nacos://", "http://", nacos),
    ("nacos+https://", "https://", nacos),
];

/// What `HOST:PORT,HOST:PORT/SERVICE` says, or with `PREFIX/SERVICE` for a service that is not
/// below Kitex's prefix.
fn etcd(text: &str) -> Result<Registry, String> {
    let expected = "write etcd://HOST:PORT/SERVICE";
    let (endpoints, path) = parts(text, expected)?;
    let (prefix, name) = path.rsplit_once('/').unwrap_or((KITEX_PREFIX, path));
    let name = name
        .parse()
        .map_err(|error| format!("{error}; {expected}"))?;
    Ok(Registry::Etcd {
        endpoints,
        service: Service::new(prefix, name),
    })
}

/// What `HOST:PORT,HOST:PORT/SERVICE` says, or with `GROUP/SERVICE` or `NAMESPACE/GROUP/SERVICE`
/// for one that is not in the public namespace and the default group.
fn nacos(text: &str) -> Result<Registry, String> {
    let expected = "write nacos://HOST:PORT/SERVICE, or /NAMESPACE/GROUP/SERVICE";
    let (endpoints, path) = parts(text, expected)?;
    let names: Vec<_> = path.rsplit('/').collect();
    let mut service = match names.first() {
        Some(name) if names.iter().all(|it| !it.is_empty()) => NacosService::new(name),
        _ => return Err(format!("the name of a service is not empty; {expected}")),
    };
    match names[..] {
        [_] => {}
        [_, group] => service.group = group.to_owned(),
        [_, group, namespace] => {
            service.group = group.to_owned();
            service.namespace = namespace.to_owned();
        }
        _ => return Err(format!("there are too many slashes; {expected}")),
    }
    Ok(Registry::Nacos { endpoints, service })
}

/// The servers of the registry, and what comes after them.
fn parts<'a>(text: &'a str, expected: &str) -> Result<(Endpoints, &'a str), String> {
    let (endpoints, path) = text
        .split_once('/')
        .ok_or(format!("the service is missing; {expected}"))?;
    let endpoints: Endpoints = endpoints.parse()?;
    match endpoints.uris().is_empty() {
        true => Err(format!("the host is missing; {expected}")),
        false => Ok((endpoints, path)),
    }
}

impl Registry {
    /// The service by its name: what its spans and its certificate call it.
    pub(super) fn uri(&self, scheme: &str) -> Result<Uri, String> {
        let name = match self {
            Self::Etcd { service, .. } => service.name().to_string(),
            Self::Nacos { service, .. } => service.name.clone(),
        };
        let uri = format!("{scheme}{name}").parse();
        uri.map_err(|_| format!("{name} is not a host name, which the service is called by"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_in_etcd_is_below_the_prefix_of_kitex_unless_another_is_given() {
        let table = [
            ("a:1,b:2/users", "kitex/registry-etcd/users/x:1"),
            ("a:1/my/own/users", "my/own/users/x:1"),
            ("a:1//users", "/users/x:1"),
        ];
        for (text, key) in table {
            let Registry::Etcd { service, .. } = etcd(text).unwrap() else {
                unreachable!()
            };
            assert_eq!(service.key("x:1"), key);
        }
    }

    #[test]
    fn a_service_in_nacos_is_where_kitex_looks_unless_another_place_is_given() {
        let table = [
            ("a:1,b:2/users", ["", "DEFAULT_GROUP", "users"]),
            ("a:1/g/users", ["", "g", "users"]),
            ("a:1/n/g/users", ["n", "g", "users"]),
        ];
        for (text, expected) in table {
            let Registry::Nacos { service, .. } = nacos(text).unwrap() else {
                unreachable!()
            };
            assert_eq!([service.namespace, service.group, service.name], expected);
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_to_write_instead() {
        for parse in [etcd, nacos] {
            for text in [
                "",
                "a:1",
                "a:1/",
                "/users",
                "a/users",
                "a:1/users/",
                "u:p@a:1/users",
            ] {
                let error = parse(text).unwrap_err();
                assert!(error.contains("; write "), "{text}: {error}");
                assert!(!error.contains("u:p"), "{error}");
            }
        }
        assert!(nacos("a:1/b/c/d/e").is_err());
    }
}
