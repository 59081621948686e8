//! Sends spans by OTLP over gRPC, as the bytes that they were written to when they ended.
//!
//! The SDK's exporter can't be given bytes, so this does what it does with them: headers,
//! compression, TLS, a limit, and what the protocol says of trying again.

mod bytes;
mod checked;
mod retry;

use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use tokio::time::{Instant, sleep};
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::codegen::Bytes;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Extensions, Request, Status};

use self::bytes::BytesCodec;
use self::checked::Checked;
use self::retry::Retries;
use super::account::Account;
use super::destination::Destination;
use super::encode::{EncodedResource, EncodedSpan, request};
use super::reporter::Reporter;
use crate::environment::TracesTransport;

const METHOD: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const USER_AGENT: &str = concat!("telemetry/", env!("CARGO_PKG_VERSION"));

/// An exporter of spans over gRPC.
#[derive(Debug)]
pub(super) struct GrpcSpans {
    client: Grpc<Checked>,
    headers: MetadataMap,
    limit: Duration,
    retry: bool,
    resource: EncodedResource,
    account: Arc<Account>,
    reporter: Reporter,
}

impl GrpcSpans {
    /// An exporter to `destination`, which puts on `account` what that refuses. Nothing is
    /// connected yet. It must be called inside the runtime that is to drive the connection.
    pub(super) fn build(
        destination: &Destination,
        transport: TracesTransport,
        resource: &Resource,
        account: Arc<Account>,
    ) -> Result<Self, ExporterBuildError> {
        let channel = channel(destination, &transport)
            .map_err(|error| ExporterBuildError::InvalidConfiguration(with_causes(&error)))?;
        let mut client = Grpc::new(Checked::new(channel));
        if transport.gzip {
            client = client
                .send_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Gzip);
        }
        Ok(Self {
            client,
            headers: MetadataMap::from_headers(transport.headers),
            limit: destination.limit,
            retry: destination.retry,
            resource: EncodedResource::new(resource),
            account,
            reporter: Reporter::new(destination),
        })
    }

    /// Sends `spans`, and tries again as long as it may.
    pub(super) async fn export(&self, spans: Vec<EncodedSpan>) -> OTelSdkResult {
        let request = Bytes::from(request(&self.resource, &spans));
        drop(spans);
        let sent = self.send(request).await;
        let result = sent.map_err(|status| OTelSdkError::InternalFailure(describe(&status)));
        self.reporter.report(&result);
        result
    }

    async fn send(&self, request: Bytes) -> Result<(), Status> {
        let end = Instant::now() + self.limit;
        let mut retries = Retries::new(self.retry);
        loop {
            let status = match self.try_to_send(request.clone()).await {
                Ok(response) => {
                    self.take(response);
                    return Ok(());
                }
                Err(status) => status,
            };
            match retries.pause_after(&status) {
                Some(pause) if Instant::now() + pause < end => sleep(pause).await,
                _ => return Err(status),
            }
        }
    }

    async fn try_to_send(&self, request: Bytes) -> Result<ExportTraceServiceResponse, Status> {
        let mut client = self.client.clone();
        client.ready().await?;
        let request = Request::from_parts(self.headers.clone(), Extensions::new(), request);
        let path = PathAndQuery::from_static(METHOD);
        let response = client.unary(request, path, BytesCodec).await?;
        Ok(response.into_inner())
    }

    fn take(&self, response: ExportTraceServiceResponse) {
        if let Some(partial) = response.partial_success {
            let rejected = partial.rejected_spans;
            self.account.reject(rejected.try_into().unwrap_or(0));
        }
    }
}

fn channel(
    destination: &Destination,
    transport: &TracesTransport,
) -> Result<Channel, tonic::transport::Error> {
    let endpoint = &destination.endpoint;
    let url = match (endpoint.contains("://"), transport.insecure) {
        (true, _) => endpoint.to_owned(),
        (false, true) => format!("http://{endpoint}"),
        (false, false) => format!("https://{endpoint}"),
    };
    let mut endpoint = Endpoint::from_shared(url)?
        .user_agent(USER_AGENT)?
        .timeout(destination.limit);
    if endpoint.uri().scheme_str() == Some("https") {
        endpoint = endpoint.tls_config(ClientTlsConfig::new().with_enabled_roots())?;
    }
    Ok(endpoint.connect_lazy())
}

/// The code and, if it comes from our own side, the causes: what a server says may hold secrets.
fn describe(status: &Status) -> String {
    let code = status.code();
    match status.source() {
        Some(source) => format!("{code:?}: {}", with_causes(source)),
        None => format!("{code:?}"),
    }
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // A string takes all that is written to it.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
