//! `gateway --healthcheck`: the check of a container without a shell.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use cli_settings::reachable;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::outcome::Outcome;

/// How long the gateway may take to respond.
const LIMIT: Duration = Duration::from_secs(2);

const REQUEST: &[u8] = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
const READY: &[u8] = b"HTTP/1.1 200 ";

/// Requests `/readyz` of the gateway that listens on `address`.
///
/// # Errors
/// If it is not ready, or does not respond within 2 seconds.
pub async fn run(address: SocketAddr) -> Result<Outcome, Failure> {
    let address = reachable(address);
    let cause = match timeout(LIMIT, is_ready(address)).await {
        Ok(Ok(true)) => return Ok(Outcome::Ok),
        Ok(Ok(false)) => "it is stopping".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no response within {} s", LIMIT.as_secs()),
    };
    Err(Failure::new(format!(
        "the gateway at {address} is not ready: {cause}"
    )))
}

async fn is_ready(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(REQUEST).await?;
    let mut status = [0; READY.len()];
    stream.read_exact(&mut status).await?;
    Ok(status == READY)
}
