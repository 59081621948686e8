//! What a service is made of, by its settings and descriptors.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::ServeError;
use crate::tls::{Tls, TlsError};
use crate::{
    Authentication, ErrorDomain, KeyFileError, Methods, Policy, Requirement, Roles, Settings,
};

const REFLECTION: [&[u8]; 2] = [
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
];
/// Probes need no token, and no quota counts them.
const PROBES: [&str; 3] = [
    "grpc.health.v1.Health/Check",
    "grpc.health.v1.Health/List",
    "grpc.health.v1.Health/Watch",
];

pub(super) async fn listen(
    address: SocketAddr,
    variable: &'static str,
) -> Result<TcpListener, ServeError> {
    let listening = TcpListener::bind(address).await;
    listening.map_err(|cause| ServeError::Listen {
        address,
        variable,
        cause,
    })
}

/// TLS, if the settings name files.
pub(super) fn tls(
    settings: &Settings,
    metric_prefix: &'static str,
) -> Result<Option<Arc<Tls>>, TlsError> {
    let Some(files) = settings.tls.clone() else {
        return Ok(None);
    };
    let identities = settings.tls_identities.clone();
    Tls::open(files, identities, metric_prefix).map(Some)
}

/// How calls are treated, where the first service is `service` and the option `role_option`
/// of its methods has their roles; with what keeps the keys of tokens up to date.
pub(super) fn policy(
    service: &'static str,
    descriptors: &[&'static [u8]],
    role_option: Option<&str>,
    settings: &Settings,
) -> Result<(Policy, Option<AbortOnDropHandle<()>>), ServeError> {
    let descriptors = [descriptors, &REFLECTION].concat();
    let package = package(service);
    let (authentication, following) = authentication(settings)?;
    let policy = Policy {
        methods: Methods::from_descriptors(&descriptors)?,
        roles: match role_option {
            Some(option) => Roles::from_descriptors(&descriptors, option)?,
            None if following.is_some() => return Err(ServeError::NoRoleOption),
            None => Roles::from_iter(PROBES.map(|name| (name.to_owned(), Requirement::Nothing))),
        },
        authentication,
        limits: settings.calls,
        error_domain: ErrorDomain::new(package),
        metric_prefix: package.split('.').next().unwrap_or(package),
    };
    Ok((policy, following))
}

fn authentication(
    settings: &Settings,
) -> Result<(Authentication, Option<AbortOnDropHandle<()>>), KeyFileError> {
    let Some(rules) = &settings.tokens else {
        return Ok((Authentication::open(), None));
    };
    let (authentication, following) = Authentication::by_token(rules)?;
    let following = AbortOnDropHandle::new(tokio::spawn(following));
    Ok((authentication, Some(following)))
}

/// The package of a service: `orders.v1` of `orders.v1.Orders`.
pub(super) fn package(service: &'static str) -> &'static str {
    let parts = service.rsplit_once('.');
    parts.map_or(service, |(package, _)| package)
}
