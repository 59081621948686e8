//! `OTEL_EXPORTER_OTLP_*`: where each signal is sent by OTLP, and how.

mod transport;

pub(super) use self::transport::header;
pub(crate) use self::transport::{OtlpTransport, TlsFiles};

use super::syntax::{clean_endpoint, is_endpoint};
use super::{Environment, Signal};

/// The transport of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtlpProtocol {
    Grpc,
    HttpProtobuf,
}

impl OtlpProtocol {
    fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "grpc" => Some(Self::Grpc),
            // A server of the one is most often one of the other.
            "http/protobuf" | "http/json" => Some(Self::HttpProtobuf),
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

impl Environment {
    /// Where `signal` is sent over HTTP: an endpoint of its own as it is, that of all signals
    /// with the path of this one behind its own; without what may be a secret.
    pub(crate) fn http_endpoint(&self, signal: Signal) -> String {
        let valid = |name| self.get(name).filter(|value| is_endpoint(value));
        let [own, all] = endpoints(signal).map(valid);
        let endpoint = own
            .or(all)
            .unwrap_or(OtlpProtocol::HttpProtobuf.default_endpoint());
        let endpoint = clean_endpoint(endpoint);
        let scheme = match (endpoint.contains("://"), self.is_insecure(signal)) {
            (true, _) => "",
            (false, true) => "http://",
            (false, false) => "https://",
        };
        match own {
            Some(_) => format!("{scheme}{endpoint}"),
            None => format!("{scheme}{}{}", endpoint.trim_end_matches('/'), path(signal)),
        }
    }

    /// The transport by which `signal` is sent.
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

    /// Whether a variable sets the endpoint of `signal`.
    pub(super) fn has_endpoint(&self, signal: Signal) -> bool {
        endpoints(signal)
            .iter()
            .any(|name| self.get(name).is_some())
    }

    /// Where `signal` is sent over gRPC: without what may be a secret.
    pub(crate) fn grpc_endpoint(&self, signal: Signal) -> String {
        let endpoint = endpoints(signal)
            .iter()
            .filter_map(|name| self.get(name))
            .find(|value| is_endpoint(value));
        clean_endpoint(endpoint.unwrap_or_else(|| OtlpProtocol::Grpc.default_endpoint()))
    }
}

/// The path of `signal` over HTTP.
fn path(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/v1/traces",
        Signal::Metrics => "/v1/metrics",
        Signal::Logs => "/v1/logs",
    }
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
