//! The spans of this run, taken in by a receiver of its own and drawn.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use grpc_telemetry::receiver::{ReceivedSpan, Receiver};

use crate::client::journal::Call;
use crate::failure::Failure;
use crate::output::console::Console;
use crate::trace::picture::{self, Advice};
use crate::waterfall::complete::missing;
use crate::waterfall::span::spans;

/// How long to wait for the spans of user-service, which exports them in batches.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ports to propose where the asked for one is taken.
const OTHER_PORTS: [u16; 2] = [14_317, 24_317];

/// A receiver at work.
#[derive(Debug)]
pub struct Recording {
    receiver: Receiver,
}

impl Recording {
    /// Starts to take spans in at `address`.
    ///
    /// # Errors
    /// When it can't be listened on.
    pub async fn start(address: SocketAddr) -> Result<Self, Failure> {
        match Receiver::bind(address).await {
            Ok(receiver) => Ok(Self { receiver }),
            Err(error) => Err(Failure::new(cannot_listen(address, &error))),
        }
    }

    /// The URL to export spans to.
    pub fn endpoint(&self) -> String {
        format!("http://{}", reachable(self.receiver.local_addr()))
    }

    /// Waits for the spans of `calls` and draws them, the missing ones named.
    ///
    /// # Errors
    /// When standard output can't be written to.
    pub async fn draw(&self, calls: &[Call], console: &mut Console) -> Result<(), Failure> {
        let complete = |received: &[ReceivedSpan]| missing(&spans(received), calls).is_empty();
        self.receiver.wait_until(PATIENCE, complete).await;
        let spans = spans(&self.receiver.spans());
        let missing = missing(&spans, calls);
        let ours = spans
            .into_iter()
            .filter(|span| calls.iter().any(|call| call.trace_id == span.trace_id))
            .collect();
        console.picture("\n")?;
        picture::show(ours, &missing, &self.advice(), console)
    }

    fn advice(&self) -> Advice {
        Advice {
            unsent: "see whether OTEL_TRACES_EXPORTER keeps it from exporting".to_owned(),
            unserved: format!(
                "user-service exports elsewhere: start it with OTEL_EXPORTER_OTLP_ENDPOINT={}",
                self.endpoint()
            ),
        }
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AddrInUse {
        let port = OTHER_PORTS.into_iter().find(|port| *port != address.port());
        let other = SocketAddr::new(address.ip(), port.unwrap_or_default());
        return format!(
            "cannot take in spans on {address} for --waterfall: the address is in use; stop what \
             listens there, or use another: --otlp-listen {other}, and user-service started with \
             OTEL_EXPORTER_OTLP_ENDPOINT=http://{}",
            reachable(other)
        );
    }
    format!(
        "cannot take in spans on {address} for --waterfall: {error}; name an address of this \
         host with --otlp-listen"
    )
}

/// An address to connect to: one that stands for all addresses can't be.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_in_use_says_what_to_do() {
        let first = Recording::start("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let taken = first.receiver.local_addr();
        let failure = Recording::start(taken).await.unwrap_err();
        assert!(failure.sentence.contains(&taken.to_string()));
        assert!(failure.sentence.contains("--otlp-listen 127.0.0.1:14317"));
    }

    #[test]
    fn an_address_that_stands_for_all_is_reached_through_this_host() {
        assert_eq!(
            reachable("0.0.0.0:1".parse().unwrap()).to_string(),
            "127.0.0.1:1"
        );
        assert_eq!(reachable("[::]:1".parse().unwrap()).to_string(), "[::1]:1");
        assert_eq!(
            reachable("10.0.0.1:1".parse().unwrap()).to_string(),
            "10.0.0.1:1"
        );
    }
}
