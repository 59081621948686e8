//! The transports of OTLP.

use prost::bytes::Bytes;

use super::attempt::{ExportResponse, Failed};
use super::destination::Destination;
use super::grpc::GrpcTransport;
use super::http::HttpTransport;
use super::tls::Tls;
use crate::environment::OtlpProtocol;

/// Sends the requests of one signal. Clones share their connections.
#[derive(Clone, Debug)]
pub(super) enum Transport {
    Grpc(Box<GrpcTransport>),
    Http(HttpTransport),
}

/// Why nothing can be sent to an endpoint.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BuildError(pub(super) String);

impl Transport {
    /// A transport to `destination`. Nothing is connected yet. It must be called inside the
    /// runtime that is to drive the connection.
    pub(super) fn build(destination: &Destination, tls: &Tls) -> Result<Self, BuildError> {
        match destination.protocol {
            OtlpProtocol::Grpc => {
                let transport = GrpcTransport::build(destination, tls)?;
                Ok(Self::Grpc(Box::new(transport)))
            }
            OtlpProtocol::HttpProtobuf => HttpTransport::build(destination, tls).map(Self::Http),
        }
    }

    /// Sends an encoded request of its signal, once.
    pub(super) async fn send(&self, request: Bytes) -> Result<ExportResponse, Failed> {
        match self {
            Self::Grpc(transport) => transport.send(request).await,
            Self::Http(transport) => transport.send(request).await,
        }
    }
}
