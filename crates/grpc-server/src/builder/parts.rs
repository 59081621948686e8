//! What a service is made of, by its settings and descriptors.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::ServeError;
use crate::tls::{Tls, TlsError};
use crate::{
    Authentication, CallLimits, ErrorDomain, Methods, Policy, Requirement, Roles, Settings,
};

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

/// How calls are treated, where the first service is `service`.
pub(super) fn policy(
    service: &'static str,
    descriptors: &[&'static [u8]],
    limits: CallLimits,
) -> Result<Policy, ServeError> {
    let reflection = [
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let package = package(service);
    let probes = PROBES.map(|name| (name.to_owned(), Requirement::Nothing));
    Ok(Policy {
        methods: Methods::from_descriptors(&[descriptors, &reflection].concat())?,
        roles: Roles::from_iter(probes),
        authentication: Authentication::open(),
        limits,
        error_domain: ErrorDomain::new(package),
        metric_prefix: package.split('.').next().unwrap_or(package),
    })
}

/// The package of a service: `orders.v1` of `orders.v1.Orders`.
pub(super) fn package(service: &'static str) -> &'static str {
    let parts = service.rsplit_once('.');
    parts.map_or(service, |(package, _)| package)
}
