//! The spans of this run, taken in by a receiver of its own and drawn.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use telemetry::receiver::{ReceivedSpan, Receiver};

use crate::client::journal::Call;
use crate::console::Console;
use crate::failure::Failure;
use crate::terminal;
use crate::text::printable;
use crate::waterfall::complete::{Missing, missing};
use crate::waterfall::{self, Span, Style};

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
        if !calls.iter().any(|call| call.sampled) {
            console.note(
                "nothing to draw: no call was traced; see whether OTEL_SDK_DISABLED, \
                 OTEL_TRACES_EXPORTER or OTEL_TRACES_SAMPLER switch tracing off",
            );
            return Ok(());
        }
        let complete = |received: &[ReceivedSpan]| missing(&spans(received), calls).is_empty();
        self.receiver.wait_until(PATIENCE, complete).await;
        let spans = spans(&self.receiver.spans());
        let missing = missing(&spans, calls);
        let ours = spans
            .into_iter()
            .filter(|span| calls.iter().any(|call| call.trace_id == span.trace_id))
            .collect();
        let style = Style {
            width: terminal::width(),
            paint: console.picture_paint(),
        };
        console.picture(&format!("\n{}", waterfall::draw(ours, style)))?;
        for line in explain(&missing, &self.endpoint()) {
            console.note(&line);
        }
        Ok(())
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

fn spans(received: &[ReceivedSpan]) -> Vec<Span> {
    received.iter().filter_map(Span::from_otlp).collect()
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

/// What is missing from the picture, and what to do about it.
fn explain(missing: &[Missing], endpoint: &str) -> Vec<String> {
    let mut unsent = Vec::new();
    let mut unserved = Vec::new();
    let mut lines = Vec::new();
    for each in missing {
        match each {
            Missing::Client(id) => unsent.push(id.to_string()),
            Missing::Server { name, .. } => unserved.push(printable(name)),
            Missing::Parent { id, service, name } => lines.push(format!(
                "incomplete: the span {id} is missing, parent of \"{}\" of {}",
                printable(name),
                printable(service)
            )),
        }
    }
    if let Some(spans) = first_of(&unsent) {
        lines.push(format!(
            "incomplete: this program's own span {spans} did not arrive; see whether \
             OTEL_TRACES_EXPORTER keeps it from exporting"
        ));
    }
    if let Some(calls) = first_of(&unserved) {
        lines.push(format!(
            "incomplete: no SERVER span for {calls}; user-service exports elsewhere: \
             start it with OTEL_EXPORTER_OTLP_ENDPOINT={endpoint}"
        ));
    }
    lines
}

/// The first of many, and how many more there are.
fn first_of(all: &[String]) -> Option<String> {
    let (first, others) = all.split_first()?;
    match others.len() {
        0 => Some(first.clone()),
        more => Some(format!("{first} and {more} more")),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::SpanId;

    use super::*;

    fn unserved(call: u64) -> Missing {
        Missing::Server {
            call: SpanId::from(call),
            name: "user.v1.UserService/GetUser".to_owned(),
        }
    }

    #[test]
    fn missing_server_spans_are_explained_once_with_what_to_do() {
        let lines = explain(
            &[unserved(1), unserved(2), unserved(3)],
            "http://127.0.0.1:4317",
        );
        let expected = "incomplete: no SERVER span for user.v1.UserService/GetUser and 2 more; \
            user-service exports elsewhere: start it with \
            OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317";
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn an_exporter_that_is_off_is_explained() {
        let lines = explain(&[Missing::Client(SpanId::from(7))], "http://127.0.0.1:4317");
        assert!(lines[0].contains("own span 0000000000000007 did not arrive"));
        assert!(lines[0].contains("OTEL_TRACES_EXPORTER"));
    }

    #[test]
    fn a_whole_trace_needs_no_explanation() {
        assert!(explain(&[], "http://127.0.0.1:4317").is_empty());
    }

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
