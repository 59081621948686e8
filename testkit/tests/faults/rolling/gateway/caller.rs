//! A caller with one kept connection, to whichever gateway accepts it.

use std::error::Error;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, body::Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;
use user_proto::v1::CreateUserRequest;

type Body = Full<Bytes>;

/// The version of HTTP that a caller speaks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Version {
    Http1,
    /// With prior knowledge (h2c).
    Http2,
}

/// Sends one request after the other. As pools of clients do, it sends a request that was never
/// written once more, on another connection; any other error fails the request.
pub(super) struct Caller {
    version: Version,
    addresses: Vec<String>,
    /// The address to try first for the next connection.
    next: usize,
    connection: Option<Connection>,
}

struct Connection {
    address: String,
    sender: Sender,
    _driver: AbortOnDropHandle<()>,
}

enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

impl Sender {
    async fn ready(&mut self) -> hyper::Result<()> {
        match self {
            Self::Http1(sender) => sender.ready().await,
            Self::Http2(sender) => sender.ready().await,
        }
    }

    async fn send(&mut self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        match self {
            Self::Http1(sender) => sender.send_request(request).await,
            Self::Http2(sender) => sender.send_request(request).await,
        }
    }
}

impl Caller {
    /// A caller of the gateways at `addresses`, of which it tries that at `first` first.
    pub(super) fn new(version: Version, addresses: Vec<String>, first: usize) -> Self {
        Self {
            version,
            next: first % addresses.len(),
            addresses,
            connection: None,
        }
    }

    pub(super) async fn get(&mut self, user: i64) -> Result<(), String> {
        self.call(Method::GET, &format!("/v1/users/{user}"), Bytes::new())
            .await
    }

    pub(super) async fn create(&mut self, user: &CreateUserRequest) -> Result<(), String> {
        let body = json!({"name": user.name, "email": user.email}).to_string();
        self.call(Method::POST, "/v1/users", Bytes::from(body))
            .await
    }

    async fn call(&mut self, verb: Method, path: &str, body: Bytes) -> Result<(), String> {
        loop {
            let version = self.version;
            let connection = self.connected().await?;
            let uri = match version {
                Version::Http1 => path.to_owned(),
                Version::Http2 => format!("http://{}{path}", connection.address),
            };
            let request = Request::builder().method(verb.clone()).uri(uri);
            let request = match version {
                Version::Http1 => request.header(HOST, &connection.address),
                Version::Http2 => request,
            };
            let request = request.header(CONTENT_TYPE, "application/json");
            let request = request.body(Full::from(body.clone())).unwrap();
            match connection.sender.send(request).await {
                Ok(response) => return check(response).await,
                Err(error) if is_unsent(&error) => self.connection = None,
                Err(error) => {
                    self.connection = None;
                    return Err(format!("{verb}: {error:?}"));
                }
            }
        }
    }

    /// The connection, or a new one if there is none that takes requests.
    async fn connected(&mut self) -> Result<&mut Connection, String> {
        if let Some(connection) = &mut self.connection
            && connection.sender.ready().await.is_err()
        {
            self.connection = None;
        }
        if self.connection.is_none() {
            self.connection = Some(self.connect().await?);
        }
        self.connection
            .as_mut()
            .ok_or_else(|| "not connected".to_owned())
    }

    async fn connect(&mut self) -> Result<Connection, String> {
        for _ in 0..self.addresses.len() {
            let address = self.addresses[self.next].clone();
            self.next = (self.next + 1) % self.addresses.len();
            // Refused: it is being replaced.
            let Ok(stream) = TcpStream::connect(&address).await else {
                continue;
            };
            stream.set_nodelay(true).unwrap();
            let io = TokioIo::new(stream);
            let opened = match self.version {
                Version::Http1 => open_http1(io).await,
                Version::Http2 => open_http2(io).await,
            };
            let (sender, driver) = opened.map_err(|error| format!("handshake: {error:?}"))?;
            return Ok(Connection {
                address,
                sender,
                _driver: driver,
            });
        }
        Err("no gateway accepts connections".to_owned())
    }
}

type Opened = hyper::Result<(Sender, AbortOnDropHandle<()>)>;

async fn open_http1(io: TokioIo<TcpStream>) -> Opened {
    let (sender, driver) = http1::handshake(io).await?;
    // Its errors are those of the requests.
    let driver = tokio::spawn(async move { drop(driver.await) });
    Ok((Sender::Http1(sender), AbortOnDropHandle::new(driver)))
}

async fn open_http2(io: TokioIo<TcpStream>) -> Opened {
    let (sender, driver) = http2::handshake(TokioExecutor::new(), io).await?;
    let driver = tokio::spawn(async move { drop(driver.await) });
    Ok((Sender::Http2(sender), AbortOnDropHandle::new(driver)))
}

/// Whether the whole of `response` arrives, and it is not an error.
async fn check(response: Response<Incoming>) -> Result<(), String> {
    let status = response.status();
    let body = response.into_body().collect().await;
    let body = body.map_err(|error| format!("{status}, then {error:?}"))?;
    match status.is_success() {
        true => Ok(()),
        false => {
            let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
            Err(format!("{status}: {body}"))
        }
    }
}

/// Whether the gateway never saw the request: its connection was closed before, or was to close.
fn is_unsent(error: &hyper::Error) -> bool {
    let gone = error
        .source()
        .and_then(|source| source.downcast_ref::<h2::Error>());
    let is_gone = |it: &h2::Error| it.is_go_away() && it.reason() == Some(h2::Reason::NO_ERROR);
    error.is_canceled() || gone.is_some_and(is_gone)
}
