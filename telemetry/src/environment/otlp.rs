//! `OTEL_EXPORTER_OTLP_*`, as far as the exporter doesn't read them itself.

use http::Uri;

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

impl Environment {
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

    /// Where `signal` is sent, for messages and for the choice of TLS.
    pub(crate) fn endpoint(&self, signal: Signal, protocol: OtlpProtocol) -> &str {
        endpoints(signal)
            .iter()
            .filter_map(|name| self.get(name))
            .find(|value| is_endpoint(value))
            .unwrap_or_else(|| protocol.default_endpoint())
    }

    /// An endpoint to use in place of the variables, where the exporter would stumble over them.
    pub(crate) fn endpoint_override(
        &self,
        signal: Signal,
        protocol: OtlpProtocol,
    ) -> Option<String> {
        let first = endpoints(signal).iter().find_map(|name| self.get(name))?;
        (!is_endpoint(first)).then(|| self.endpoint(signal, protocol).to_owned())
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

/// A URL of HTTP, or a host and a port alone, which gRPC takes too.
pub(super) fn is_endpoint(value: &str) -> bool {
    let Ok(uri) = value.parse::<Uri>() else {
        return false;
    };
    let scheme = matches!(uri.scheme_str(), None | Some("http" | "https"));
    scheme && uri.host().is_some_and(|host| !host.is_empty())
}
