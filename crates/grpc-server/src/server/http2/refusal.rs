//! The end of a connection that does not begin as HTTP/2 does.

use h2::Reason;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use crate::server::guard::FloodGuard;

/// GOAWAY with PROTOCOL_ERROR, before any stream.
const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// Sends GOAWAY to a peer with an invalid preface, and closes the connection gracefully: h2 only
/// returns the error, and closing a socket with unread bytes would reset the connection.
pub(super) async fn refuse<S>(stream: &mut FloodGuard<S>, error: &h2::Error)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if error.reason() != Some(Reason::PROTOCOL_ERROR) {
        // It broke, or said too little in time.
        return;
    }
    // A peer that has left misses it.
    let _ = stream.write_all(&GOAWAY).await;
    let _ = stream.shutdown().await;
}
