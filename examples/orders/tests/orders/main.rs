//! The example as two processes, as docs/adopt.md builds it.

#![expect(clippy::unwrap_used, reason = "a test")]

mod document;
mod production;
mod server;
mod trace;
