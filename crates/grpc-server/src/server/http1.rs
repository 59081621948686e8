//! HTTP/1.1 on one connection.

mod framing;
mod heads;
mod request_body;
mod response_body;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderValue, Request};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use prost::bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use self::heads::Heads;
pub(crate) use self::request_body::Http1Body;
use self::response_body::Http1Response;
use super::ConnectionLimits;
use super::connection::Tags;
use super::open_calls::OpenCalls;
use crate::call::{BoxError, CLOSE_LINGER};
use crate::tls::close_gracefully;

/// What the head of one request may have, in bytes: a probe has some hundreds, a browser a few
/// thousand, and a token may have 8 KiB.
const MAX_HEAD: usize = 16 * 1024;

/// How long a connection without an open request stays open when its peer is to leave. A request
/// that was sent meanwhile is served, and its response says that it is the last one; otherwise
/// peers with a pool of connections lose requests.
const LAST_REQUEST: Duration = CLOSE_LINGER;

/// What is served on a connection.
pub(super) struct Http1<S> {
    /// Makes the response to a request.
    pub(super) service: S,
    /// What the extensions of each request say.
    pub(super) tags: Tags,
    /// Counts the requests.
    pub(super) calls: OpenCalls,
    /// Maximum connections, and how long a peer may take for the first request,
    /// and from the first byte of each to the end of its head.
    pub(super) limits: Arc<ConnectionLimits>,
    /// Cancelled when the peer is to leave, after the response that it waits for.
    pub(super) leave: CancellationToken,
}

impl<S> Http1<S> {
    /// Serves until the peer leaves, or until the last response after `leave`. Then the connection
    /// closes without a reset, even if the peer still sends.
    ///
    /// # Errors
    /// When the peer breaks the rules of HTTP/1.1 or is late, or the connection breaks.
    pub(super) async fn serve<T, B>(self, stream: T) -> Result<(), hyper::Error>
    where
        T: AsyncRead + AsyncWrite + Unpin,
        S: Service<Request<Http1Body>, Response = http::Response<B>, Error: Into<BoxError>> + Clone,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let mut stream = Heads::new(stream, self.calls.clone(), &self.limits);
        let served = self.serve_requests(&mut stream).await;
        close_gracefully(stream.into_inner()).await;
        served
    }

    async fn serve_requests<T, B>(self, stream: &mut Heads<T>) -> Result<(), hyper::Error>
    where
        T: AsyncRead + AsyncWrite + Unpin,
        S: Service<Request<Http1Body>, Response = http::Response<B>, Error: Into<BoxError>> + Clone,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let body_dropped = Arc::new(Notify::new());
        let dropped = Arc::clone(&body_dropped);
        // Shared: to clone a token locks it.
        let leave = Arc::new(self.leave);
        let leaving = until_closing(Arc::clone(&leave), self.calls.clone());
        let (calls, limits) = (self.calls, self.limits);
        let (tags, service) = (self.tags, self.service);
        let respond = service_fn(move |request: Request<Incoming>| {
            let ((open, excess), service) = (calls.start(&limits), service.clone());
            let mut request = request.map(|body| Http1Body::new(body, &dropped));
            tags.tag(request.extensions_mut());
            if let Some(excess) = excess {
                request.extensions_mut().insert(excess.limit);
            }
            let leave = Arc::clone(&leave);
            async move {
                let mut response = service.oneshot(request).await?;
                if leave.is_cancelled() {
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(CONNECTION, close);
                }
                Ok::<_, S::Error>(response.map(|body| Http1Response::new(body, open)))
            }
        });
        let serving = Builder::new()
            // Larger heads are refused before, with a reason.
            .max_buf_size(2 * MAX_HEAD)
            .serve_connection(TokioIo::new(stream), respond);
        let (mut serving, mut leaving) = (pin!(serving), pin!(leaving));
        let mut is_closing = false;
        loop {
            tokio::select! {
                ended = serving.as_mut() => return ended,
                // Polled again, hyper stops to read a request whose response is complete.
                () = body_dropped.notified() => {}
                () = leaving.as_mut(), if !is_closing => {
                    is_closing = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// Returns when the connection is to close after the request that is open, if there is one.
async fn until_closing(leave: Arc<CancellationToken>, calls: OpenCalls) {
    leave.cancelled().await;
    if !calls.any_open() {
        sleep(LAST_REQUEST).await;
    }
}
