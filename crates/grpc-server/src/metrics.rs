//! The metrics of refused calls and of TLS. Their names begin with a prefix that the
//! program chooses, which is also their scope; those of calls come with `grpc_telemetry`.

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};

/// Calls that were rejected before they reached their handler, by `call.refused`.
const CALLS_REFUSED: &str = ".calls.refused";
/// Connections that begin with a protocol that is not served.
const UNRECOGNIZED: &str = ".connections.unrecognized";
/// When the certificate in use ends.
const NOT_AFTER: &str = ".tls.certificate.not_after";
/// Handshakes, by [`HANDSHAKE_RESULT`].
const HANDSHAKES: &str = ".tls.handshakes";
/// completed, or why there is no connection.
const HANDSHAKE_RESULT: &str = "tls.handshake.result";
/// Clients whose valid certificate names no client on the list.
const REFUSED: &str = ".tls.clients.refused";
/// Changes of the files, by [`RELOAD_RESULT`].
const RELOADS: &str = ".tls.reloads";
/// used or ignored.
const RELOAD_RESULT: &str = "tls.reload.result";

/// Counts calls that were refused. Start telemetry first.
pub(crate) fn refused_calls(prefix: &'static str) -> Counter<u64> {
    global::meter(prefix)
        .u64_counter(format!("{prefix}{CALLS_REFUSED}"))
        .with_unit("{call}")
        .with_description("Calls rejected before they reached their handler, by reason.")
        .build()
}

/// Counts connections that are closed for what they begin with. Start telemetry first.
pub(crate) fn unrecognized_connections(prefix: &'static str) -> Counter<u64> {
    global::meter(prefix)
        .u64_counter(format!("{prefix}{UNRECOGNIZED}"))
        .with_unit("{connection}")
        .with_description(
            "Connections closed because their first bytes belong to no served protocol.",
        )
        .build()
}

/// Counts what happens.
pub(crate) struct TlsEvents {
    handshakes: Counter<u64>,
    refused: Counter<u64>,
    reloads: Counter<u64>,
}

impl TlsEvents {
    /// Counters whose names begin with `prefix`.
    pub(crate) fn new(prefix: &'static str) -> Self {
        let meter = global::meter(prefix);
        let handshakes = meter
            .u64_counter(format!("{prefix}{HANDSHAKES}"))
            .with_unit("{handshake}")
            .with_description("TLS handshakes, by their result.");
        let refused = meter
            .u64_counter(format!("{prefix}{REFUSED}"))
            .with_unit("{connection}")
            .with_description("Connections of clients whose certificate is not on the list.");
        let reloads = meter
            .u64_counter(format!("{prefix}{RELOADS}"))
            .with_unit("{reload}")
            .with_description("Reloads of the certificate files, by result.");
        Self {
            handshakes: handshakes.build(),
            refused: refused.build(),
            reloads: reloads.build(),
        }
    }

    /// A handshake is over.
    pub(crate) fn shaken(&self, result: &'static str) {
        self.handshakes
            .add(1, &[KeyValue::new(HANDSHAKE_RESULT, result)]);
    }

    /// A client is not on the list.
    pub(crate) fn refused(&self) {
        self.refused.add(1, &[]);
    }

    /// The files have changed.
    pub(crate) fn reloaded(&self, result: &'static str) {
        self.reloads.add(1, &[KeyValue::new(RELOAD_RESULT, result)]);
    }
}

/// Shows when the certificate in use ends, in Unix time, as `not_after` says.
pub(crate) fn observe_certificate(
    prefix: &'static str,
    not_after: impl Fn() -> Option<u64> + Send + Sync + 'static,
) {
    global::meter(prefix)
        .u64_observable_gauge(format!("{prefix}{NOT_AFTER}"))
        .with_unit("s")
        .with_description("Expiry of the TLS certificate in use, in Unix time.")
        .with_callback(move |observer| {
            if let Some(seconds) = not_after() {
                observer.observe(seconds, &[]);
            }
        })
        .build();
}
