//! One backend, in either protocol.

use http::{Request, Response};
use kitex_client::{Transport, read_business_errors};
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::{Service, ServiceExt};

use crate::BoxError;

/// How a backend is connected to.
#[derive(Clone, Debug)]
pub(crate) enum BackendEndpoint {
    /// gRPC.
    Http2(Box<Endpoint>),
    /// Thrift or Kitex Protobuf.
    Kitex(Transport),
}

impl BackendEndpoint {
    /// Where it is.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Http2(endpoint) => endpoint.uri().to_string(),
            Self::Kitex(transport) => transport.address().to_owned(),
        }
    }

    /// What connects with its first call. Runs inside tokio.
    pub(crate) fn connect_lazy(&self) -> BackendTransport {
        match self {
            Self::Http2(endpoint) => BackendTransport::Http2(endpoint.connect_lazy()),
            Self::Kitex(transport) => BackendTransport::Kitex(transport.clone()),
        }
    }
}

/// The connections to a backend. Clones share them.
#[derive(Clone, Debug)]
pub(crate) enum BackendTransport {
    /// gRPC.
    Http2(Channel),
    /// Thrift or Kitex Protobuf.
    Kitex(Transport),
}

impl BackendTransport {
    /// Sends `request`.
    ///
    /// # Errors
    /// What the connection says.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        match self {
            Self::Http2(channel) => {
                let mut channel = channel.clone();
                let response = channel.ready().await?.call(request).await?;
                Ok(read_business_errors(response))
            }
            Self::Kitex(transport) => transport.call(request).await,
        }
    }
}
