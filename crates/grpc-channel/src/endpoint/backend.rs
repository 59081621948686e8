//! One backend, in either protocol.

use http::{Request, Response};
use kitex_client::{HasStreams, Transport, read_business_errors};
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::{Service, ServiceExt};

use crate::BoxError;

/// How a backend is connected to.
#[derive(Clone, Debug)]
pub(crate) enum BackendEndpoint {
    /// gRPC.
    Http2(Box<Endpoint>),
    /// Thrift or Kitex Protobuf, and calls with streams over HTTP/2.
    Kitex(Transport, Box<Endpoint>),
}

impl BackendEndpoint {
    /// Where it is.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Http2(endpoint) => endpoint.uri().to_string(),
            Self::Kitex(transport, _) => transport.address().to_owned(),
        }
    }

    /// What connects with its first call. Runs inside tokio.
    pub(crate) fn connect_lazy(&self) -> BackendTransport {
        match self {
            Self::Http2(endpoint) => BackendTransport::Http2(endpoint.connect_lazy()),
            Self::Kitex(transport, streams) => {
                BackendTransport::Kitex(transport.clone(), streams.connect_lazy())
            }
        }
    }

    /// Connects now.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(crate) async fn connect(&self) -> Result<BackendTransport, BoxError> {
        match self {
            Self::Http2(endpoint) => Ok(BackendTransport::Http2(endpoint.connect().await?)),
            Self::Kitex(transport, streams) => {
                transport.open().await?;
                let (transport, streams) = (transport.clone(), streams.connect_lazy());
                Ok(BackendTransport::Kitex(transport, streams))
            }
        }
    }
}

/// The connections to a backend. Clones share them.
#[derive(Clone, Debug)]
pub(crate) enum BackendTransport {
    /// gRPC.
    Http2(Channel),
    /// Thrift or Kitex Protobuf, and calls with streams over HTTP/2.
    Kitex(Transport, Channel),
}

impl BackendTransport {
    /// Sends `request`.
    ///
    /// # Errors
    /// What the connection says.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        match self {
            Self::Http2(channel) => over_http2(channel, request).await,
            Self::Kitex(transport, streams) => match request.extensions().get::<HasStreams>() {
                None => transport.call(request).await,
                Some(_) => over_http2(streams, transport.over_grpc(request)?).await,
            },
        }
    }
}

async fn over_http2(channel: &Channel, request: Request<Body>) -> Result<Response<Body>, BoxError> {
    let mut channel = channel.clone();
    let response = channel.ready().await?.call(request).await?;
    Ok(read_business_errors(response))
}
