//! OTLP over gRPC, of messages that are there as bytes.

mod bytes;
mod checked;

use std::error::Error;
use std::time::Duration;

use http::uri::PathAndQuery;
use prost::bytes::Bytes;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Extensions, Request, Status};
use tonic_types::StatusExt;

use self::bytes::BytesCodec;
use self::checked::Checked;
use super::attempt::{ExportResponse, Failed, with_causes};
use super::destination::Destination;
use super::tls::Tls;
use super::{BuildError, USER_AGENT};
use crate::environment::Signal;

/// A client of one signal.
#[derive(Clone, Debug)]
pub(super) struct GrpcTransport {
    client: Grpc<Checked>,
    method: &'static str,
    headers: MetadataMap,
}

impl GrpcTransport {
    pub(super) fn build(destination: &Destination, tls: &Tls) -> Result<Self, BuildError> {
        let channel = channel(destination, tls).map_err(|error| BuildError(with_causes(&error)))?;
        let mut client = Grpc::new(Checked::new(channel));
        if destination.transport.gzip {
            client = client
                .send_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Gzip);
        }
        Ok(Self {
            client,
            method: method(destination.signal),
            headers: MetadataMap::from_headers(destination.transport.headers.clone()),
        })
    }

    pub(super) async fn send(&self, request: Bytes) -> Result<ExportResponse, Failed> {
        let sent = self.try_to_send(request).await;
        sent.map_err(|status| failed(&status))
    }

    async fn try_to_send(&self, request: Bytes) -> Result<ExportResponse, Status> {
        let mut client = self.client.clone();
        client.ready().await?;
        let request = Request::from_parts(self.headers.clone(), Extensions::new(), request);
        let path = PathAndQuery::from_static(self.method);
        let response = client.unary(request, path, BytesCodec).await?;
        Ok(response.into_inner().into())
    }
}

fn method(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    }
}

fn channel(destination: &Destination, tls: &Tls) -> Result<Channel, tonic::transport::Error> {
    let mut endpoint = Endpoint::from_shared(destination.url())?
        .user_agent(USER_AGENT)?
        .timeout(destination.limit);
    if destination.has_tls() {
        endpoint = endpoint.tls_config(tls.of_grpc())?;
    }
    Ok(endpoint.connect_lazy())
}

/// The code and, if it comes from our own side, the causes: what a server says may hold secrets.
fn failed(status: &Status) -> Failed {
    let code = status.code();
    Failed {
        why: match status.source() {
            Some(source) => format!("{code:?}: {}", with_causes(source)),
            None => format!("{code:?}"),
        },
        again: again(status),
    }
}

/// The pause that the endpoint requests, by the specification of OTLP.
fn again(status: &Status) -> Option<Duration> {
    let info = status.get_details_retry_info();
    let pause = info.and_then(|info| info.retry_delay);
    match status.code() {
        Code::ResourceExhausted => pause,
        Code::Unavailable
        | Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::DataLoss => Some(pause.unwrap_or_default()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn an_export_that_is_refused_is_not_tried_again() {
        for code in [Code::InvalidArgument, Code::Unauthenticated, Code::Internal] {
            assert_eq!(again(&Status::new(code, "")), None, "{code:?}");
        }
        let away = Status::unavailable("secret");
        assert_eq!(again(&away), Some(Duration::ZERO));
        assert_eq!(failed(&away).why, "Unavailable");
    }

    #[test]
    fn an_endpoint_that_has_enough_says_when_to_come_back_or_not_to() {
        let enough = Code::ResourceExhausted;
        assert_eq!(again(&Status::new(enough, "")), None);

        let pause = Duration::from_secs(2);
        let details = ErrorDetails::with_retry_info(Some(pause));
        let status = Status::with_error_details(enough, "", details);
        assert_eq!(again(&status), Some(pause));
    }
}
