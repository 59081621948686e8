//! Failures below gRPC: no connection, or one that broke.

use std::error::Error;
use std::io;
use std::time::Duration;

use grpc_channel::NotGrpc;
use grpc_common::printable;
use tonic::Code;

use super::tls;

/// A connection could not be made.
pub fn unreachable(server: &str, error: &(dyn Error + 'static), timeout: Duration) -> String {
    if let Some(sentence) = tls::sentence(server, error) {
        return sentence;
    }
    let cause = innermost(error);
    if is_tls(server) && !is_of_network(error) {
        return tls::disagreement(server, &cause);
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
    if let Some(sentence) = tls::sentence(server, error) {
        return sentence;
    }
    let cause = innermost(error);
    let advice = match is_tls(server) {
        // The alert that says so may be lost with the connection.
        true => {
            "see whether a user-service runs there, and whether it wants another client than the one with --cert and --key"
        }
        false => {
            "see whether a user-service runs there, and whether it speaks TLS (https://) or not (http://)"
        }
    };
    format!("the connection to {server} broke: {cause}; {advice}")
}

/// Something else answers than a user-service, with `response`, which is `code` in terms of gRPC.
pub fn foreign(server: &str, code: Code, response: &NotGrpc) -> String {
    let told = format!("what answers at {server} does not speak gRPC ({response})");
    match code {
        Code::Unavailable => format!(
            "{told}: it may be a proxy that cannot reach user-service; try again later, or name another with --server"
        ),
        _ => format!("{told}; name a user-service with --server"),
    }
}

/// The text of the last cause, which says most.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let last = chain(error).last().map(ToString::to_string);
    printable(&last.unwrap_or_else(|| error.to_string()))
}

fn is_tls(server: &str) -> bool {
    server.contains("https:")
}

/// Whether the server was not reached, rather than left in the handshake.
fn is_of_network(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{ConnectionReset, InvalidData, UnexpectedEof};
    let kind = io_kind(error);
    kind.is_some_and(|kind| !matches!(kind, ConnectionReset | InvalidData | UnexpectedEof))
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let found = chain(error).find_map(|error| error.downcast_ref::<io::Error>());
    found.map(io::Error::kind)
}

pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        // Without this the trait's method would be that of the reference to the reference.
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    })
}
