//! One backend, in either protocol.

use http::{Request, Response};
use kitex_client::{HasStreams, Transport, read_business_errors};
use tonic::body::Body;
use tower::{Service, ServiceExt};

use super::connections::Connections;
use super::http2::Http2Endpoint;
use super::silence::SilentServer;
use crate::BoxError;

/// How a backend is connected to.
#[derive(Clone, Debug)]
pub(crate) enum BackendEndpoint {
    /// gRPC.
    Http2(Box<Http2Endpoint>),
    /// Thrift or Kitex Protobuf, and calls with streams over HTTP/2.
    Kitex(Transport, Box<Http2Endpoint>),
}

impl BackendEndpoint {
    /// Where it is.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Http2(endpoint) => endpoint.uri().to_string(),
            Self::Kitex(transport, _) => transport.address().to_owned(),
        }
    }

    /// What connects with its first call.
    pub(crate) fn connect_lazy(&self) -> BackendTransport {
        match self {
            Self::Http2(endpoint) => BackendTransport::Http2(Connections::new(endpoint.clone())),
            Self::Kitex(transport, streams) => {
                BackendTransport::Kitex(transport.clone(), Connections::new(streams.clone()))
            }
        }
    }

    /// Connects now.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(crate) async fn connect(&self) -> Result<BackendTransport, BoxError> {
        match self {
            Self::Http2(endpoint) => {
                let channel = endpoint.connect().await?;
                let connections = Connections::with(endpoint.clone(), channel);
                Ok(BackendTransport::Http2(connections))
            }
            Self::Kitex(transport, _) => {
                transport.open().await?;
                Ok(self.connect_lazy())
            }
        }
    }
}

/// The connections to a backend. Clones share them.
#[derive(Clone, Debug)]
pub(crate) enum BackendTransport {
    /// gRPC.
    Http2(Connections),
    /// Thrift or Kitex Protobuf, and calls with streams over HTTP/2.
    Kitex(Transport, Connections),
}

impl BackendTransport {
    /// Sends `request`. Runs inside tokio.
    ///
    /// # Errors
    /// What the connection says.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        match self {
            Self::Http2(connections) => over_http2(connections, request).await,
            Self::Kitex(transport, streams) => match request.extensions().get::<HasStreams>() {
                None => transport.call(request).await,
                Some(_) => over_http2(streams, transport.over_grpc(request)?).await,
            },
        }
    }
}

async fn over_http2(
    connections: &Connections,
    request: Request<Body>,
) -> Result<Response<Body>, BoxError> {
    let mut channel = connections.current();
    let response = channel.ready().await?.call(request).await;
    let response = response
        .map_err(|error| SilentServer::explain(error.into(), connections.connect_timeout()));
    Ok(read_business_errors(response?))
}
