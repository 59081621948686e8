//! Where a signal is sent by OTLP, and how.

#[cfg(feature = "http")]
mod http;
#[cfg(any(feature = "http", feature = "logs", feature = "metrics"))]
mod retry_policy;
#[cfg(any(feature = "logs", feature = "metrics"))]
mod sdk_grpc;

use std::time::Duration;

use crate::environment::{Environment, OtlpProtocol, Signal};

/// The endpoint of a signal. The SDK's exporters read the rest of its variables themselves.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) signal: Signal,
    pub(crate) protocol: OtlpProtocol,
    /// Without what may be a secret. It decides on TLS.
    pub(crate) endpoint: String,
    /// How long an attempt of an export may take; of the SDK's exporters all of them.
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
            limit: environment.export_limit(signal),
            retry,
        }
    }

    /// With attempts that take no longer than `limit`.
    pub(super) fn limited_to(&self, limit: Duration) -> Self {
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
}
