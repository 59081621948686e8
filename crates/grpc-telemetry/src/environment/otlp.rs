//! `OTEL_EXPORTER_OTLP_*`, as far as the exporter doesn't read them itself.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use super::syntax::{clean_endpoint, is_endpoint, list};
use super::{Environment, Signal};

/// The transport of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtlpProtocol {
    Grpc,
    HttpProtobuf,
}

impl OtlpProtocol {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "grpc" => Some(Self::Grpc),
            "http/protobuf" => Some(Self::HttpProtobuf),
            _ => None,
        }
    }

    fn default_endpoint(self) -> &'static str {
        match self {
            Self::Grpc => "http://localhost:4317",
            Self::HttpProtobuf => "http://localhost:4318",
        }
    }
}

/// How spans are sent over gRPC, but for where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TracesTransport {
    /// What goes with each request.
    pub(crate) headers: HeaderMap,
    pub(crate) gzip: bool,
    /// How long an export may take, with all that it is tried again.
    pub(crate) limit: Duration,
    /// Whether an endpoint that is only a host and a port is called without TLS.
    pub(crate) insecure: bool,
}

impl Environment {
    /// How spans are sent over gRPC: each variable of traces goes before that of all signals.
    pub(crate) fn traces_transport(&self) -> TracesTransport {
        let first = |names: [&str; 2]| names.into_iter().find_map(|name| self.get(name));
        let headers = first([
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
            "OTEL_EXPORTER_OTLP_HEADERS",
        ]);
        let compressions = [
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
            "OTEL_EXPORTER_OTLP_COMPRESSION",
        ];
        let known = |name: &&str| matches!(*name, "gzip" | "none");
        let compression = compressions.into_iter().filter_map(|name| self.get(name));
        let limits = [
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
            "OTEL_EXPORTER_OTLP_TIMEOUT",
        ];
        let limit = limits.into_iter().find_map(|name| self.number(name));
        let insecure = first([
            "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
            "OTEL_EXPORTER_OTLP_INSECURE",
        ]);
        TracesTransport {
            headers: list(headers.unwrap_or_default())
                .filter_map(header)
                .collect(),
            gzip: compression.into_iter().find(known) == Some("gzip"),
            limit: Duration::from_millis(limit.unwrap_or(10_000)),
            insecure: insecure.is_some_and(|value| value.eq_ignore_ascii_case("true")),
        }
    }

    /// How spans are sent.
    pub(crate) fn otlp_protocol(&self, signal: Signal) -> OtlpProtocol {
        let value = |name| OtlpProtocol::parse(self.get(name)?);
        let own = match signal {
            Signal::Traces => "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            Signal::Metrics => "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
            Signal::Logs => "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
        };
        value(own)
            .or_else(|| value("OTEL_EXPORTER_OTLP_PROTOCOL"))
            .unwrap_or(OtlpProtocol::Grpc)
    }

    /// Whether somebody said where `signal` is to be sent.
    pub(super) fn has_endpoint(&self, signal: Signal) -> bool {
        endpoints(signal)
            .iter()
            .any(|name| self.get(name).is_some())
    }

    /// Where `signal` is sent, for messages and for the choice of TLS: without what may be a secret.
    pub(crate) fn endpoint(&self, signal: Signal, protocol: OtlpProtocol) -> String {
        let endpoint = endpoints(signal)
            .iter()
            .filter_map(|name| self.get(name))
            .find(|value| is_endpoint(value));
        clean_endpoint(endpoint.unwrap_or_else(|| protocol.default_endpoint()))
    }

    /// An endpoint to use in place of the variables, where the exporter would stumble over them.
    pub(crate) fn endpoint_override(
        &self,
        signal: Signal,
        protocol: OtlpProtocol,
    ) -> Option<String> {
        let first = endpoints(signal).iter().find_map(|name| self.get(name))?;
        let endpoint = self.endpoint(signal, protocol);
        (endpoint != first).then_some(endpoint)
    }
}

/// A header in the form `key=value`, percent-encoded; none if it can't be one.
fn header(pair: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair.split_once('=')?;
    let value = percent_decode_str(value.trim()).decode_utf8_lossy();
    Some((name.trim().parse().ok()?, value.parse().ok()?))
}

/// The variables that say where `signal` goes, the first before the second.
fn endpoints(signal: Signal) -> [&'static str; 2] {
    let own = match signal {
        Signal::Traces => "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        Signal::Metrics => "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        Signal::Logs => "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    };
    [own, "OTEL_EXPORTER_OTLP_ENDPOINT"]
}
