//! The ports of the service.

use std::net::SocketAddr;

use cli_settings::distinct_addresses;
use tokio::net::{TcpListener, TcpSocket};

use super::AppError;
use crate::config::Config;

/// How many connections may wait to be accepted: with fewer, those that come
/// together try again after a second. The system has a limit of its own.
const BACKLOG: u32 = 4096;

/// The ports. Those for probes listen; that for calls is taken, and refuses callers until
/// the service can serve them.
pub(super) struct Ports {
    pub(super) grpc: TakenPort,
    pub(super) http: TcpListener,
    pub(super) health: Option<TcpListener>,
}

impl Ports {
    /// Takes the ports that `config` names.
    pub(super) fn listen(config: &Config) -> Result<Self, AppError> {
        distinct(config)?;
        let health = match config.tls.health_addr {
            Some(address) => Some(listen(address, "HEALTH_ADDR")?),
            None => None,
        };
        Ok(Self {
            grpc: TakenPort::bind(config.listening.listen_addr, "LISTEN_ADDR")?,
            http: listen(config.listening.http_addr, "HTTP_ADDR")?,
            health,
        })
    }
}

/// Checks that each port has an address of its own.
fn distinct(config: &Config) -> Result<(), AppError> {
    let listening = &config.listening;
    let health = config.tls.health_addr.map(|it| ("HEALTH_ADDR", it));
    let addresses = [
        ("LISTEN_ADDR", listening.listen_addr),
        ("HTTP_ADDR", listening.http_addr),
    ];
    let addresses: Vec<_> = addresses.into_iter().chain(health).collect();
    distinct_addresses(&addresses).map_err(AppError::SameAddress)
}

/// A port that is bound and does not listen yet.
pub(super) struct TakenPort {
    socket: TcpSocket,
    address: SocketAddr,
    variable: &'static str,
}

impl TakenPort {
    fn bind(address: SocketAddr, variable: &'static str) -> Result<Self, AppError> {
        let bind = || {
            let socket = match address {
                SocketAddr::V4(_) => TcpSocket::new_v4(),
                SocketAddr::V6(_) => TcpSocket::new_v6(),
            }?;
            // Calls of the one before on this port may still be ending.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            Ok(socket)
        };
        match bind() {
            Ok(socket) => Ok(Self {
                socket,
                address,
                variable,
            }),
            Err(cause) => Err(AppError::Listen {
                address,
                variable,
                cause,
            }),
        }
    }

    /// Takes connections from now on.
    ///
    /// # Errors
    /// When another process has begun to listen on the port.
    pub(super) fn listen(self) -> Result<TcpListener, AppError> {
        let (address, variable) = (self.address, self.variable);
        self.socket
            .listen(BACKLOG)
            .map_err(|cause| AppError::Listen {
                address,
                variable,
                cause,
            })
    }
}

fn listen(address: SocketAddr, variable: &'static str) -> Result<TcpListener, AppError> {
    TakenPort::bind(address, variable)?.listen()
}

/// Where `listener` really listens: port 0 means any free port.
pub(super) fn address(listener: &TcpListener) -> Option<SocketAddr> {
    listener.local_addr().ok()
}
