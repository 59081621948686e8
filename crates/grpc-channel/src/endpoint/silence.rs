//! Servers that accept connections and never send a byte.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use grpc_common::causes;
use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::{Sleep, sleep};
use tonic::Status;

use crate::BoxError;

/// What the error of a silent connection says. HTTP/2 keeps no more of it than its kind and text.
const SILENT: &str = "the server sent no byte";

/// A server accepted a connection, but sent nothing on it within the connect timeout.
#[derive(Debug, thiserror::Error)]
#[error("it accepted the connection, but sent nothing within {limit:?}; is it a gRPC server?")]
pub struct SilentServer {
    limit: Duration,
    #[source]
    cause: BoxError,
}

impl SilentServer {
    /// `error` of a call on a connection with this `limit`, as UNAVAILABLE with a
    /// [`SilentServer`] as its source if the server was silent.
    pub(super) fn explain(error: BoxError, limit: Duration) -> BoxError {
        if !causes(error.as_ref()).any(is_silence) {
            return error;
        }
        let silent = Self {
            limit,
            cause: error,
        };
        let mut status = Status::unavailable(silent.to_string());
        status.set_source(Arc::new(silent));
        status.into()
    }
}

fn is_silence(error: &(dyn std::error::Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|it| it.kind() == io::ErrorKind::TimedOut && it.to_string() == SILENT)
}

/// A connection that fails when its server sends no byte within a limit. A server of HTTP/2
/// sends its SETTINGS first, so one that doesn't is not one, or hangs.
#[derive(Debug)]
pub(super) struct FirstByte<T> {
    stream: T,
    /// Until when the first byte must be there; none once it is.
    limit: Option<Pin<Box<Sleep>>>,
}

impl<T> FirstByte<T> {
    /// `stream`, which was just connected. Runs inside tokio.
    pub(super) fn within(limit: Duration, stream: T) -> Self {
        Self {
            stream,
            limit: Some(Box::pin(sleep(limit))),
        }
    }
}

impl<T: Read + Unpin> Read for FirstByte<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.limit = None;
            return read;
        }
        match &mut self.limit {
            Some(limit) => {
                let elapsed = limit.as_mut().poll(context);
                elapsed.map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, SILENT)))
            }
            None => Poll::Pending,
        }
    }
}

impl<T: Write + Unpin> Write for FirstByte<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use http::Request;
    use tokio::net::TcpListener;
    use tonic::Code;
    use tonic::body::Body;

    use super::*;
    use crate::credentials::Credentials;
    use crate::endpoint::ConnectionSettings;

    /// The status of a call to a server at `scheme` that accepts connections and never speaks.
    async fn status_of_call(scheme: &str) -> Status {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("{scheme}://{}", silent.local_addr().unwrap());
        let settings = ConnectionSettings {
            connect_timeout: Duration::from_millis(50),
            credentials: (scheme == "https").then(Credentials::default),
            kitex: None,
        };
        let backend = settings.backend(&uri.parse().unwrap()).unwrap();
        let request = Request::builder().uri("/users/Get");
        let request = request.body(Body::empty()).unwrap();
        let error = backend.connect_lazy().send(request).await.unwrap_err();
        Status::from_error(error)
    }

    #[tokio::test]
    async fn a_server_that_never_speaks_is_unavailable_after_the_connect_timeout() {
        for scheme in ["http", "https"] {
            let status = status_of_call(scheme).await;
            assert_eq!(status.code(), Code::Unavailable, "{scheme}: {status:?}");
            let told = "accepted the connection, but sent nothing within 50ms";
            assert!(status.message().contains(told), "{scheme}: {status:?}");
        }
    }
}
