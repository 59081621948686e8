//! How a signal is sent by OTLP: headers, compression, TLS and time limit.

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use crate::environment::syntax::list;
use crate::environment::{Environment, Signal};

/// How the requests of a signal are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtlpTransport {
    /// What goes with each request.
    pub(crate) headers: HeaderMap,
    pub(crate) gzip: bool,
    /// Whether an endpoint that is only a host and a port is called without TLS.
    pub(crate) insecure: bool,
    pub(crate) tls: TlsFiles,
}

/// Files of TLS, in PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The CA certificates that endpoints are verified with, instead of the system's.
    pub(crate) ca: Option<PathBuf>,
    /// The client certificate for mutual TLS, with its chain.
    pub(crate) certificate: Option<PathBuf>,
    /// Its private key.
    pub(crate) key: Option<PathBuf>,
}

impl Environment {
    /// How `signal` is sent: each variable of its own takes precedence over that of all signals.
    pub(crate) fn otlp_transport(&self, signal: Signal) -> OtlpTransport {
        let headers = self.of_signal(signal, "HEADERS").next().unwrap_or_default();
        let known = |name: &String| matches!(name.as_str(), "gzip" | "none");
        let compressions = self.of_signal(signal, "COMPRESSION");
        let compression = compressions.map(str::to_ascii_lowercase).find(known);
        let file = |name| self.of_signal(signal, name).next().map(PathBuf::from);
        OtlpTransport {
            headers: list(headers).filter_map(header).collect(),
            gzip: compression.as_deref() == Some("gzip"),
            insecure: self.is_insecure(signal),
            tls: TlsFiles {
                ca: file("CERTIFICATE"),
                certificate: file("CLIENT_CERTIFICATE"),
                key: file("CLIENT_KEY"),
            },
        }
    }

    /// How long one attempt of an export of `signal` may take.
    pub(crate) fn export_limit(&self, signal: Signal) -> Duration {
        let limits = self.of_signal(signal, "TIMEOUT");
        let limit = limits.filter_map(|it| it.parse().ok()).find(|it| *it > 0);
        Duration::from_millis(limit.unwrap_or(10_000))
    }

    /// Whether an endpoint of `signal` that is only a host and a port is called without TLS.
    pub(super) fn is_insecure(&self, signal: Signal) -> bool {
        let first = self.of_signal(signal, "INSECURE").next();
        first.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The values of the variable `name` of OTLP: that for `signal`, then that for all signals.
    fn of_signal(&self, signal: Signal, name: &str) -> impl Iterator<Item = &str> {
        let own = match signal {
            Signal::Traces => "TRACES",
            Signal::Metrics => "METRICS",
            Signal::Logs => "LOGS",
        };
        let names = [
            format!("OTEL_EXPORTER_OTLP_{own}_{name}"),
            format!("OTEL_EXPORTER_OTLP_{name}"),
        ];
        names.into_iter().filter_map(|name| self.get(&name))
    }
}

/// A header in the form `key=value`, percent-encoded; none if it can't be one.
pub(in crate::environment) fn header(pair: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair.split_once('=')?;
    let value = percent_decode_str(value.trim()).decode_utf8_lossy();
    Some((name.trim().parse().ok()?, value.parse().ok()?))
}
