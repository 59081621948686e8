//! The address that callers get.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;

use super::Advertised;
use crate::{Endpoints, Instance};

/// How long it may take to find out.
const LIMIT: Duration = Duration::from_secs(3);

/// The address can't be found out.
#[derive(Debug, thiserror::Error)]
#[error(
    "no route to the registry is known: {0}; KITEX_IP_TO_REGISTRY sets the address that callers use"
)]
pub(super) struct Unknown(io::Error);

/// The instance that is `advertised`; without an address it gets the one that this host has on
/// its way to a registry at `endpoints`, by which others of the same network reach it.
pub(super) async fn instance(
    advertised: &Advertised,
    endpoints: &Endpoints,
) -> Result<Instance, Unknown> {
    let ip = match advertised.ip {
        Some(ip) => ip,
        None => own_ip(endpoints).await?,
    };
    let address = SocketAddr::new(ip, advertised.port).to_string();
    let instance = Instance::new(&address).with_weight(advertised.weight);
    Ok(instance.in_zone(advertised.zone.as_deref()))
}

async fn own_ip(endpoints: &Endpoints) -> Result<IpAddr, Unknown> {
    let mut failed = io::ErrorKind::NotFound.into();
    for member in endpoints.uris() {
        let authority = member.authority().map_or("", |it| it.as_str());
        let finding = tokio::time::timeout(LIMIT, ip_towards(authority)).await;
        match finding.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(ip) => return Ok(ip),
            Err(error) => failed = error,
        }
    }
    Err(Unknown(failed))
}

/// The system chooses it when a socket is connected; no packet is sent.
async fn ip_towards(authority: &str) -> io::Result<IpAddr> {
    let mut targets = tokio::net::lookup_host(authority).await?;
    let target = targets.next().ok_or(io::ErrorKind::NotFound)?;
    let any: IpAddr = match target {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(target).await?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test]
    async fn the_address_is_the_one_on_the_way_to_the_registry() {
        let ip = ip_towards("127.0.0.1:2379").await.unwrap();
        assert_eq!(ip, Ipv4Addr::LOCALHOST);
    }
}
