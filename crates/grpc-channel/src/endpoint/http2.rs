//! How a server is connected to over HTTP/2.

use std::error::Error;
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::{Service, ServiceExt};

use super::silence::FirstByte;
use crate::BoxError;

/// A server and how its connections are made, each of which fails within the connect timeout
/// unless the server speaks.
#[derive(Clone, Debug)]
pub(crate) struct Http2Endpoint {
    endpoint: Endpoint,
    connect_timeout: Duration,
}

impl Http2Endpoint {
    pub(super) fn new(endpoint: Endpoint, connect_timeout: Duration) -> Self {
        Self {
            endpoint,
            connect_timeout,
        }
    }

    /// Where it is.
    pub(super) fn uri(&self) -> &Uri {
        self.endpoint.uri()
    }

    /// How long a connection may take to make, and the first byte of the server thereafter.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Connects now.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(super) async fn connect(&self) -> Result<Channel, BoxError> {
        let connected = self.endpoint.connect_with_connector(self.connector());
        Ok(connected.await?)
    }

    /// What connects with its first call.
    pub(super) fn connect_lazy(&self) -> Channel {
        self.endpoint.connect_with_connector_lazy(self.connector())
    }

    fn connector(
        &self,
    ) -> impl Service<
        Uri,
        Response = FirstByte<TokioIo<TcpStream>>,
        Error: Error + Send + Sync + 'static,
        Future: Send,
    > + Send
    + use<> {
        let limit = self.connect_timeout;
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        // The timeout of `Endpoint` would hide that it is one of connecting.
        connector.set_connect_timeout(Some(limit));
        connector.map_response(move |stream| FirstByte::within(limit, stream))
    }
}
