//! Spans that programs export to this process.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use grpc_telemetry::receiver::{ReceivedSpan, Receiver};

use crate::completeness::{MissingSpan, TracedCall, missing_spans};
use crate::span::{Span, spans};

/// An OTLP receiver, over gRPC and HTTP on one port. It keeps at most 500,000 spans, and stops when dropped.
#[derive(Debug)]
pub struct Recording {
    receiver: Receiver,
}

/// What was received of some calls.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The spans of the traces in which the calls were made.
    pub spans: Vec<Span>,
    /// The spans that did not arrive in time.
    pub missing: Vec<MissingSpan>,
}

impl Recording {
    /// Starts to receive spans at `address`; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address can't be listened on.
    pub async fn start(address: SocketAddr) -> io::Result<Self> {
        let receiver = Receiver::bind(address).await?;
        Ok(Self { receiver })
    }

    /// The address that is listened on.
    pub fn local_addr(&self) -> SocketAddr {
        self.receiver.local_addr()
    }

    /// The URL to export spans to, in the form that `OTEL_EXPORTER_OTLP_ENDPOINT` takes.
    pub fn endpoint(&self) -> String {
        endpoint_of(self.local_addr())
    }

    /// Waits until all spans of `calls` are there, or for `limit`.
    pub async fn wait_for(&self, calls: &[TracedCall], limit: Duration) -> Recorded {
        let complete =
            |received: &[ReceivedSpan]| missing_spans(&spans(received), calls).is_empty();
        self.receiver.wait_until(limit, complete).await;
        let spans = spans(&self.receiver.spans());
        let missing = missing_spans(&spans, calls);
        let of_calls = |span: &Span| calls.iter().any(|call| call.trace_id == span.trace_id);
        Recorded {
            spans: spans.into_iter().filter(of_calls).collect(),
            missing,
        }
    }
}

/// The URL at which a receiver that listens on `address` can be reached from this host: the
/// unspecified address (0.0.0.0, ::) can't be connected to.
pub fn endpoint_of(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_stands_for_all_is_reached_through_this_host() {
        for (address, expected) in [
            ("0.0.0.0:1", "http://127.0.0.1:1"),
            ("[::]:1", "http://[::1]:1"),
            ("10.0.0.1:1", "http://10.0.0.1:1"),
        ] {
            assert_eq!(endpoint_of(address.parse().unwrap()), expected);
        }
    }
}
