//! Collectors as they are run: away for a while, and behind mutual TLS.

#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "collectors/mutual_tls.rs"]
mod mutual_tls;
#[path = "collectors/outage.rs"]
mod outage;
#[path = "collectors/signals.rs"]
mod signals;
