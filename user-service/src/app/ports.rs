//! The ports of the service.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use super::AppError;
use crate::config::Config;

/// How many connections may wait to be accepted: with fewer, those that come
/// together try again after a second. The system has a limit of its own.
const BACKLOG: u32 = 4096;

/// Listeners that nobody is served on yet.
pub(super) struct Ports {
    pub(super) grpc: TcpListener,
    pub(super) http: TcpListener,
    pub(super) health: Option<TcpListener>,
}

impl Ports {
    /// Takes the ports that `config` names.
    pub(super) fn listen(config: &Config) -> Result<Self, AppError> {
        let health = match config.tls.health_addr {
            Some(address) => Some(listen(address, "HEALTH_ADDR")?),
            None => None,
        };
        Ok(Self {
            grpc: listen(config.listen_addr, "LISTEN_ADDR")?,
            http: listen(config.http_addr, "HTTP_ADDR")?,
            health,
        })
    }
}

fn listen(address: SocketAddr, variable: &'static str) -> Result<TcpListener, AppError> {
    let listen = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        // Calls of the one before on this port may still be ending.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|cause| AppError::Listen {
        address,
        variable,
        cause,
    })
}

/// Where `listener` really listens: port 0 asks for any.
pub(super) fn address(listener: &TcpListener) -> Option<SocketAddr> {
    listener.local_addr().ok()
}
