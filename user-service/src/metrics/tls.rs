//! What TLS on the gRPC port comes to.

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};

use super::SCOPE;

/// When the certificate in use ends.
const NOT_AFTER: &str = "user_service.tls.certificate.not_after";
/// Handshakes, by [`HANDSHAKE_RESULT`].
const HANDSHAKES: &str = "user_service.tls.handshakes";
/// completed, or why there is no connection.
const HANDSHAKE_RESULT: &str = "tls.handshake.result";
/// Clients whose valid certificate names nobody on the list.
const REFUSED: &str = "user_service.tls.clients.refused";
/// Changes of the files, by [`RELOAD_RESULT`].
const RELOADS: &str = "user_service.tls.reloads";
/// used or ignored.
const RELOAD_RESULT: &str = "tls.reload.result";

/// Counts what happens.
pub(crate) struct TlsEvents {
    handshakes: Counter<u64>,
    refused: Counter<u64>,
    reloads: Counter<u64>,
}

impl TlsEvents {
    /// The counters of the process.
    pub(crate) fn new() -> Self {
        let meter = global::meter(SCOPE);
        let handshakes = meter
            .u64_counter(HANDSHAKES)
            .with_unit("{handshake}")
            .with_description("TLS handshakes, by their result.");
        let refused = meter
            .u64_counter(REFUSED)
            .with_unit("{connection}")
            .with_description("Connections of clients that are not on the list.");
        let reloads = meter
            .u64_counter(RELOADS)
            .with_unit("{reload}")
            .with_description("Changes of the certificate's files, by their result.");
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
pub(crate) fn observe_certificate(not_after: impl Fn() -> Option<u64> + Send + Sync + 'static) {
    global::meter(SCOPE)
        .u64_observable_gauge(NOT_AFTER)
        .with_unit("s")
        .with_description("When the TLS certificate in use ends, in Unix time.")
        .with_callback(move |observer| {
            if let Some(seconds) = not_after() {
                observer.observe(seconds, &[]);
            }
        })
        .build();
}
