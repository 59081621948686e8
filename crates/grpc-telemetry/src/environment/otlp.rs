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

/// How spans are sent over gRPC, but for where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TracesTransport {
    /// What goes with each request.
    pub(crate) headers: HeaderMap,
    pub(crate) gzip: bool,
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
        let known = |name: &String| matches!(name.as_str(), "gzip" | "none");
        let mut compression = compressions.into_iter().filter_map(|name| self.word(name));
        TracesTransport {
            headers: list(headers.unwrap_or_default())
                .filter_map(header)
                .collect(),
            gzip: compression.find(known).as_deref() == Some("gzip"),
            insecure: self.is_insecure(Signal::Traces),
        }
    }

    /// How long one export of `signal` may take, with all that it is tried again.
    pub(crate) fn export_limit(&self, signal: Signal) -> Duration {
        let names = of_signal_and_all(signal, "TIMEOUT");
        let mut limits = names.iter().filter_map(|name| self.number(name));
        let limit = limits.find(|millis| *millis > 0);
        Duration::from_millis(limit.unwrap_or(10_000))
    }

    /// Whether an endpoint of `signal` that is only a host and a port is called without TLS.
    fn is_insecure(&self, signal: Signal) -> bool {
        let names = of_signal_and_all(signal, "INSECURE");
        let first = names.iter().find_map(|name| self.get(name));
        first.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

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

/// The variable `name` of OTLP for `signal`, and that for all signals.
fn of_signal_and_all(signal: Signal, name: &str) -> [String; 2] {
    let own = match signal {
        Signal::Traces => "TRACES",
        Signal::Metrics => "METRICS",
        Signal::Logs => "LOGS",
    };
    [
        format!("OTEL_EXPORTER_OTLP_{own}_{name}"),
        format!("OTEL_EXPORTER_OTLP_{name}"),
    ]
}

/// A header in the form `key=value`, percent-encoded; none if it can't be one.
pub(super) fn header(pair: &str) -> Option<(HeaderName, HeaderValue)> {
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
