//! The ports of the service.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::AppError;
use crate::config::Config;

/// Listeners that nobody is served on yet.
pub(super) struct Ports {
    pub(super) grpc: TcpListener,
    pub(super) http: TcpListener,
    pub(super) health: Option<TcpListener>,
}

impl Ports {
    /// Takes the ports that `config` names.
    pub(super) async fn listen(config: &Config) -> Result<Self, AppError> {
        let health = match config.tls.health_addr {
            Some(address) => Some(listen(address, "HEALTH_ADDR").await?),
            None => None,
        };
        Ok(Self {
            grpc: listen(config.listen_addr, "LISTEN_ADDR").await?,
            http: listen(config.http_addr, "HTTP_ADDR").await?,
            health,
        })
    }
}

async fn listen(address: SocketAddr, variable: &'static str) -> Result<TcpListener, AppError> {
    TcpListener::bind(address)
        .await
        .map_err(|cause| AppError::Listen {
            address,
            variable,
            cause,
        })
}

/// Where `listener` really listens: port 0 asks for any.
pub(super) fn address(listener: &TcpListener) -> Option<SocketAddr> {
    listener.local_addr().ok()
}
