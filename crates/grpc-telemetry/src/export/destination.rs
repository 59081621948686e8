//! Where a signal is sent by OTLP, and how.

use std::time::Duration;

use crate::environment::{Environment, OtlpProtocol, OtlpTransport, Signal};

/// The endpoint of a signal.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) signal: Signal,
    pub(crate) protocol: OtlpProtocol,
    /// Without what may be a secret. It decides on TLS.
    pub(crate) endpoint: String,
    pub(super) transport: OtlpTransport,
    /// How long an attempt of an export may take.
    pub(super) limit: Duration,
    /// Whether a failed export is tried again.
    pub(super) retry: bool,
}

impl Destination {
    /// Where the environment says.
    pub(crate) fn of(environment: &Environment, signal: Signal, retry: bool) -> Self {
        let protocol = environment.otlp_protocol(signal);
        Self {
            signal,
            protocol,
            endpoint: match protocol {
                OtlpProtocol::Grpc => environment.grpc_endpoint(signal),
                OtlpProtocol::HttpProtobuf => environment.http_endpoint(signal),
            },
            transport: environment.otlp_transport(signal),
            limit: environment.export_limit(signal),
            retry,
        }
    }

    /// With attempts that take no longer than `limit`.
    pub(crate) fn limited_to(&self, limit: Duration) -> Self {
        Self {
            limit: self.limit.min(limit),
            ..self.clone()
        }
    }

    /// At `endpoint` instead: a receiver of the program's own, which speaks gRPC.
    pub(crate) fn at(self, endpoint: String) -> Self {
        Self {
            protocol: OtlpProtocol::Grpc,
            endpoint,
            ..self
        }
    }

    /// The endpoint with its scheme.
    pub(super) fn url(&self) -> String {
        let endpoint = &self.endpoint;
        match (endpoint.contains("://"), self.transport.insecure) {
            (true, _) => endpoint.to_owned(),
            (false, true) => format!("http://{endpoint}"),
            (false, false) => format!("https://{endpoint}"),
        }
    }

    /// Whether it is called with TLS.
    pub(super) fn has_tls(&self) -> bool {
        !self.url().starts_with("http://")
    }
}
