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
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
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
    /// Of one attempt.
    limit: Duration,
    retry: bool,
    stopping: CancellationToken,
    resource: EncodedResource,
    account: Arc<Account>,
    reporter: Reporter,
}

impl GrpcSpans {
    /// An exporter to `destination`, which puts on `account` what that refuses. Once `stopping`
    /// is cancelled, an endpoint that is away is not waited for. Nothing is connected yet. It
    /// must be called inside the runtime that is to drive the connection.
    pub(super) fn build(
        destination: &Destination,
        transport: TracesTransport,
        resource: &Resource,
        account: Arc<Account>,
        stopping: CancellationToken,
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
            stopping,
            resource: EncodedResource::new(resource),
            account,
            reporter: Reporter::new(destination),
        })
    }

    /// Sends `spans`, and tries again until the endpoint takes or refuses them.
    pub(super) async fn export(&self, spans: Vec<EncodedSpan>) -> OTelSdkResult {
        let request = Bytes::from(request(&self.resource, &spans));
        drop(spans);
        let result = match self.send(request).await {
            Ok(()) => Ok(()),
            Err(status) => failure(&status),
        };
        self.reporter.report(&result);
        result
    }

    async fn send(&self, request: Bytes) -> Result<(), Status> {
        let mut retries = Retries::new();
        loop {
            let attempt = timeout(self.limit, self.try_to_send(request.clone()));
            let late = |_| Err(Status::deadline_exceeded("no response in time"));
            let status = match attempt.await.unwrap_or_else(late) {
                Ok(response) => {
                    self.take(response);
                    return Ok(());
                }
                Err(status) => status,
            };
            let stopping = self.stopping.is_cancelled();
            let most = self.most_retries(stopping);
            let Some(pause) = retries.pause_after(&status, most) else {
                return Err(status);
            };
            if retries.is_late() {
                self.reporter.report(&failure(&status));
            }
            self.wait(pause, stopping).await;
        }
    }

    /// How often an export may be tried again.
    fn most_retries(&self, stopping: bool) -> u32 {
        match (self.retry, stopping) {
            (false, _) => 0,
            (true, false) => u32::MAX,
            // An endpoint that has been away for a while won't be back within the time that is left.
            (true, true) if self.reporter.is_failing() => 0,
            (true, true) => retry::FEW,
        }
    }

    /// Waits for `pause`; no longer than until the program stops, unless it does already.
    async fn wait(&self, pause: Duration, stopping: bool) {
        match stopping {
            true => sleep(pause).await,
            false => {
                let _ = self.stopping.run_until_cancelled(sleep(pause)).await;
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
            self.account.refuse(partial.rejected_spans);
            self.account.explain(&partial.error_message);
            self.reporter.report_refusal(&self.account);
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

/// As the SDK has it.
fn failure(status: &Status) -> OTelSdkResult {
    Err(OTelSdkError::InternalFailure(describe(status)))
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
