//! A server that does nothing, to tell what an attack costs a service from what it
//! costs the machine that both share.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// What it reads of a connection before it closes that: about what the service does.
const ENOUGH: usize = 64 * 1024;
/// How long a connection may last.
const LIMIT: Duration = Duration::from_secs(10);

/// Listens until it is dropped.
pub(crate) struct Control {
    url: String,
    _accepting: AbortOnDropHandle<()>,
}

impl Control {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let accepting = tokio::spawn(async move {
            let mut peers = JoinSet::new();
            while let Ok((peer, _)) = listener.accept().await {
                peers.spawn(timeout(LIMIT, swallow(peer)));
                while peers.try_join_next().is_some() {}
            }
        });
        Self {
            url,
            _accepting: AbortOnDropHandle::new(accepting),
        }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Reads and forgets, until it has had enough.
async fn swallow(mut peer: TcpStream) {
    let mut buffer = vec![0; 16 * 1024];
    let mut read = 0;
    while read < ENOUGH {
        match peer.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => read += count,
        }
    }
}
