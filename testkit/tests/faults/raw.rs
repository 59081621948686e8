//! A raw client without gRPC logic: it reports exactly what the service sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Code, Status};

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// One connection.
#[derive(Clone)]
pub(crate) struct RawClient {
    sender: SendRequest<Body>,
    _connection: Arc<AbortOnDropHandle<()>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) http: StatusCode,
    /// What the head or the trailers say; none for a response that is not of gRPC.
    pub(crate) status: Option<Status>,
    /// How long the response took, to its last trailer.
    pub(crate) took: Duration,
}

impl Answer {
    /// The code of gRPC.
    pub(crate) fn code(&self) -> Option<Code> {
        self.status.as_ref().map(Status::code)
    }
}

/// A message as it is on the wire.
pub(crate) fn message(message: &impl Message) -> Bytes {
    framed(0, &message.encode_to_vec())
}

/// A message with these bytes and this flag.
pub(crate) fn framed(flag: u8, bytes: &[u8]) -> Bytes {
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[flag][..], &length, bytes].concat().into()
}

/// A body that ends.
pub(crate) fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).boxed_unsync()
}

/// A body that never ends.
pub(crate) fn endless(bytes: Bytes) -> Body {
    let first = stream::iter([Ok(Frame::data(bytes))]);
    let frames: Pin<Box<dyn futures_util::Stream<Item = _> + Send>> =
        Box::pin(futures_util::StreamExt::chain(first, stream::pending()));
    StreamBody::new(frames).boxed_unsync()
}

/// A call of a method of the service.
pub(crate) fn call(method: &str) -> http::request::Builder {
    Request::post(format!("http://localhost/user.v1.UserService/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
}

impl RawClient {
    pub(crate) async fn connect(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap();
        Self::over(TcpStream::connect(address).await.unwrap()).await
    }

    pub(crate) async fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        let io = TokioIo::new(stream);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        let connection = tokio::spawn(async move {
            // How it ended is told by its calls.
            let _ = connection.await;
        });
        Self {
            sender,
            _connection: Arc::new(AbortOnDropHandle::new(connection)),
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> hyper::Result<Answer> {
        let started = Instant::now();
        let mut sender = self.sender.clone();
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        let of = |headers: &HeaderMap| Status::from_header_map(headers);
        let status = match of(&head.headers) {
            Some(status) => Some(status),
            None => body.collect().await?.trailers().and_then(of),
        };
        Ok(Answer {
            http: head.status,
            status,
            took: started.elapsed(),
        })
    }
}
