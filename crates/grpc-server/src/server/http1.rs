//! HTTP/1.1 on one connection.

mod framing;
mod heads;

use std::pin::pin;

use http::Request;
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use prost::bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use self::heads::Heads;
use super::ConnectionLimits;
use super::connection::Tags;
use super::open_calls::OpenCalls;
use crate::call::BoxError;

/// What the head of one request may have, in bytes: a probe has some hundreds, a browser a few
/// thousand, and a token may have 8 KiB.
const MAX_HEAD: usize = 16 * 1024;

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
    pub(super) limits: ConnectionLimits,
    /// Cancelled when the peer is to leave, after the response that it waits for.
    pub(super) leave: CancellationToken,
}

impl<S> Http1<S> {
    /// Serves until the peer leaves, or until the last response after `leave`.
    ///
    /// # Errors
    /// When the peer breaks the rules of HTTP/1.1 or is late, or the connection breaks.
    pub(super) async fn serve<T, B>(self, stream: T) -> Result<(), hyper::Error>
    where
        T: AsyncRead + AsyncWrite + Unpin,
        S: Service<Request<Incoming>, Response = http::Response<B>, Error: Into<BoxError>> + Clone,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let stream = Heads::new(stream, self.calls.clone(), &self.limits);
        let (calls, limits) = (self.calls, self.limits);
        let (tags, service) = (self.tags, self.service);
        let respond = service_fn(move |mut request: Request<Incoming>| {
            let ((open, excess), service) = (calls.start(&limits), service.clone());
            tags.tag(request.extensions_mut());
            if let Some(excess) = excess {
                request.extensions_mut().insert(excess.limit);
            }
            async move {
                let response = service.oneshot(request).await?;
                // The request is open until hyper has taken all of the response.
                Ok::<_, S::Error>(response.map(|body| {
                    body.map_frame(move |frame| {
                        let _ = &open;
                        frame
                    })
                }))
            }
        });
        let serving = Builder::new()
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), respond);
        let mut serving = pin!(serving);
        tokio::select! {
            ended = serving.as_mut() => return ended,
            () = self.leave.cancelled() => {}
        }
        serving.as_mut().graceful_shutdown();
        serving.await
    }
}
