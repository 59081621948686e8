//! One server, with the connections to it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Request, Response};
use kitex_codec::Codec;
use tonic::ConnectError;
use tonic::body::Body;

use crate::connection::Connection;
use crate::over_grpc;
use crate::request::OutgoingCall;
use crate::response;
use crate::{BoxError, Tls};

/// Maximum idle connections to one server.
const MAX_IDLE: usize = 64;

/// In the extensions of a request: its call has a stream in one direction or in both, so it goes
/// over gRPC ([`Transport::over_grpc`]).
#[derive(Clone, Copy, Debug)]
pub struct HasStreams;

/// How a server is called.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The encoding of the messages.
    pub codec: Codec,
    /// The name of the service in its IDL, such as `Orders`.
    pub service: &'static str,
    /// The name under which the service is registered, such as `order-service`.
    pub registered: &'static str,
    /// The name of this program.
    pub caller: &'static str,
    /// How long a connection may take to make, with the handshake of TLS.
    pub connect_timeout: Duration,
    /// TLS with the server; without it, calls go in plain text.
    pub tls: Option<Tls>,
}

/// A server. Each call has a connection of its own while it is in flight. Clones share the idle
/// connections.
#[derive(Clone, Debug)]
pub struct Transport {
    address: Arc<str>,
    settings: Arc<Settings>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Transport {
    /// The server at `address`, a host and a port, connected to with the first call.
    pub fn new(address: &str, settings: Settings) -> Self {
        Self {
            address: address.into(),
            settings: Arc::new(settings),
            idle: Arc::default(),
        }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Connects now, for a call to come.
    ///
    /// # Errors
    /// If there is no connection.
    pub async fn open(&self) -> Result<(), ConnectError> {
        let connection = self.connect().await?;
        self.give_back(connection);
        Ok(())
    }

    /// Makes a unary call; returns what a gRPC server would have returned. Dropping the future
    /// closes the connection, by which the server learns of it.
    ///
    /// # Errors
    /// [`ConnectError`] if there is no connection; else, if the connection breaks or the server
    /// doesn't keep to the protocol.
    pub async fn call(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let call = OutgoingCall::of(&self.settings, request).await?;
        let mut connection = match self.idle_connection() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let answer = connection.exchange(&call).await?;
        let (response, stays) = response::of(&call, answer)?;
        if stays {
            self.give_back(connection);
        }
        Ok(response)
    }

    /// The `request` of a gRPC call as Kitex's clients send it over gRPC, which the caller has to
    /// send to the same server.
    ///
    /// # Errors
    /// If its path has no method.
    pub fn over_grpc(&self, request: Request<Body>) -> Result<Request<Body>, BoxError> {
        over_grpc::request(&self.settings, request)
    }

    async fn connect(&self) -> Result<Connection, ConnectError> {
        let connecting = Connection::open(&self.address, self.settings.tls.as_ref());
        let limit = self.settings.connect_timeout;
        let connected = match tokio::time::timeout(limit, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        connected.map_err(|error| ConnectError(error.into()))
    }

    /// A connection that the server has not closed.
    fn idle_connection(&self) -> Option<Connection> {
        let mut idle = self.idle();
        while let Some(mut connection) = idle.pop() {
            if connection.is_open() {
                return Some(connection);
            }
        }
        None
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // A list of connections is valid at any point.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
