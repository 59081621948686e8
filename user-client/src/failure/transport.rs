//! Failures below gRPC: no connection, or one that broke.

use std::error::Error;
use std::io;
use std::time::Duration;

use crate::text::printable;

/// A connection could not be made.
pub fn unreachable(server: &str, error: &(dyn Error + 'static), timeout: Duration) -> String {
    let cause = innermost(error);
    if server.starts_with("https:") && !is_io(error) {
        return format!(
            "cannot agree on TLS with {server}: {cause}; if the server speaks plain text, name it as http:// with --server"
        );
    }
    let cause = match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::TimedOut) => {
            format!("no answer within {}", humantime::format_duration(timeout))
        }
        _ => cause,
    };
    format!(
        "cannot reach user-service at {server}: {cause}; start it with `cargo run -p user-service`, or name another with --server"
    )
}

/// A connection broke, or never spoke gRPC.
pub fn broken(server: &str, error: &(dyn Error + 'static)) -> String {
    let cause = innermost(error);
    format!(
        "the connection to {server} broke: {cause}; see whether a user-service runs there, and whether it speaks TLS (https://) or not (http://)"
    )
}

/// The text of the last cause, which says most.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let last = chain(error).last().map(ToString::to_string);
    printable(&last.unwrap_or_else(|| error.to_string()))
}

fn is_io(error: &(dyn Error + 'static)) -> bool {
    match io_kind(error) {
        // What rustls refuses comes as an I/O error too.
        Some(kind) => kind != io::ErrorKind::InvalidData,
        None => false,
    }
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let found = chain(error).find_map(|error| error.downcast_ref::<io::Error>());
    found.map(io::Error::kind)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        // Without this the trait's method would be that of the reference to the reference.
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    })
}
