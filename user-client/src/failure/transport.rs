//! Failures below gRPC: no connection, or a broken one.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use grpc_channel::{NotGrpc, SilentServer};
use grpc_common::{causes, root_cause};
use tonic::Code;

use super::tls;

/// A connection could not be made.
pub fn unreachable(server: &str, error: &(dyn Error + 'static), timeout: Duration) -> String {
    if let Some(sentence) = tls::sentence(server, error) {
        return sentence;
    }
    let cause = root_cause(error);
    if is_tls(server) && !is_of_network(error) {
        return tls::disagreement(server, &cause);
    }
    if is_unresolved(error) {
        return format!("cannot resolve {}; check --server", hosts(server));
    }
    let cause = match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::TimedOut) => {
            format!("no response within {}", humantime::format_duration(timeout))
        }
        _ => cause,
    };
    let advice = match is_loopback(server) {
        true => "start it with `cargo run -p user-service`, or set another address with --server",
        false => "check that it runs there, or set another address with --server",
    };
    format!("cannot reach user-service at {server}: {cause}; {advice}")
}

/// The server accepted the connection, and never spoke on it.
pub fn silent(server: &str, silent: &SilentServer) -> String {
    format!("cannot reach user-service at {server}: {silent}")
}

/// The hosts of a target without its scheme and port.
fn hosts(server: &str) -> String {
    let (_, address) = server.split_once("://").unwrap_or(("", server));
    let address = address.trim_start_matches('/');
    let hosts = address.split(',');
    let hosts = hosts.map(|host| host.rsplit_once(':').map_or(host, |(host, _)| host));
    hosts.collect::<Vec<_>>().join(", ")
}

fn is_loopback(server: &str) -> bool {
    let is_loopback = |host: &str| {
        let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        host == "localhost" || ip.is_some_and(|ip| ip.is_loopback())
    };
    hosts(server).split(", ").all(is_loopback)
}

/// Whether the name of the host has no address: the connector says so in its own error.
fn is_unresolved(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|error| error.to_string() == "dns error")
}

/// The connection broke, or the server did not speak gRPC.
pub fn broken(server: &str, error: &(dyn Error + 'static)) -> String {
    if let Some(sentence) = tls::sentence(server, error) {
        return sentence;
    }
    let cause = root_cause(error);
    let advice = match is_tls(server) {
        // The alert that says so may be lost with the connection.
        true => {
            "check that a user-service runs there, and that it accepts the client certificate given with --cert and --key"
        }
        false => {
            "check that a user-service runs there, and whether it serves TLS (https://) or not (http://)"
        }
    };
    format!("the connection to {server} broke: {cause}; {advice}")
}

/// The response is not gRPC; its HTTP status means `code`.
pub fn foreign(server: &str, code: Code, response: &NotGrpc) -> String {
    let told = format!("the server at {server} does not speak gRPC ({response})");
    match code {
        Code::Unavailable => format!(
            "{told}: it may be a proxy that cannot reach user-service; try again later, or set another address with --server"
        ),
        _ => format!("{told}; set the address of a user-service with --server"),
    }
}

fn is_tls(server: &str) -> bool {
    server.contains("https:")
}

/// Whether the server was not reached, rather than lost in the handshake.
fn is_of_network(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{ConnectionReset, InvalidData, UnexpectedEof};
    let kind = io_kind(error);
    kind.is_some_and(|kind| !matches!(kind, ConnectionReset | InvalidData | UnexpectedEof))
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let found = causes(error).find_map(|error| error.downcast_ref::<io::Error>());
    found.map(io::Error::kind)
}
