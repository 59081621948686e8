//! Who is at the other end of a connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::Extensions;
use opentelemetry::KeyValue;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};

use crate::names;

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

/// Adds the address of the caller to `attributes`, if the connection left it in `extensions`.
pub(super) fn describe(extensions: &Extensions, attributes: &mut Vec<KeyValue>) {
    if let Some(PeerAddress { address, text }) = extensions.get() {
        return push(Arc::clone(text), address.port(), attributes);
    }
    if let Some(address) = of_tonic(extensions) {
        push(address.ip().to_string().into(), address.port(), attributes);
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

fn push(host: Arc<str>, port: u16, attributes: &mut Vec<KeyValue>) {
    attributes.push(KeyValue::new(names::NETWORK_PEER_ADDRESS, host));
    attributes.push(KeyValue::new(names::NETWORK_PEER_PORT, i64::from(port)));
}
