//! Who is at the other end of a connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::Extensions;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};

use crate::names::{self, old::network_type};
use crate::spans::Recording;

/// The address of the caller, which a connection layer of one's own puts into the extensions of
/// a request. tonic's own server puts [`TcpConnectInfo`] there, which does as well.
#[derive(Clone, Debug)]
pub struct PeerAddress {
    address: SocketAddr,
    /// That of its host, written once for all spans of a connection.
    text: Arc<str>,
}

impl PeerAddress {
    /// That of a caller at `address`.
    pub fn new(address: SocketAddr) -> Self {
        let text = address.ip().to_string().into();
        Self { address, text }
    }

    /// The address of the host.
    pub fn ip(&self) -> IpAddr {
        self.address.ip()
    }
}

/// Says in `span` where the caller is, if the connection left it in `extensions`; if `old_names`,
/// by the names of before as well.
pub(super) fn describe(extensions: &Extensions, old_names: bool, span: &mut Recording) {
    let address = match extensions.get() {
        Some(PeerAddress { address, text }) => {
            span.text(names::NETWORK_PEER_ADDRESS, text);
            *address
        }
        None => {
            let Some(address) = of_tonic(extensions) else {
                return;
            };
            span.text(names::NETWORK_PEER_ADDRESS, &address.ip().to_string());
            address
        }
    };
    span.number(names::NETWORK_PEER_PORT, address.port().into());
    if old_names {
        span.text(names::old::NETWORK_TRANSPORT, "tcp");
        span.text(names::old::NETWORK_TYPE, network_type(address.ip()));
    }
}

/// The address that tonic's own server noted.
fn of_tonic(extensions: &Extensions) -> Option<SocketAddr> {
    if let Some(connection) = extensions.get::<TcpConnectInfo>() {
        return connection.remote_addr();
    }
    let tls = extensions.get::<TlsConnectInfo<TcpConnectInfo>>()?;
    tls.get_ref().remote_addr()
}
