//! Failures to start the receiver of `--waterfall` and those of `trace listen`.

use std::io;
use std::net::SocketAddr;

use trace_view::recording::endpoint_of;

use super::Failure;

/// Ports to propose if the requested one is taken.
const OTHER_PORTS: [u16; 2] = [14_317, 24_317];

/// `address` can't be listened on.
pub fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    let begin = format!("cannot receive spans on {address} for --waterfall");
    if error.kind() != io::ErrorKind::AddrInUse {
        return Failure::new(format!(
            "{begin}: {error}; give an address of this host with --otlp-listen"
        ));
    }
    let port = OTHER_PORTS.into_iter().find(|port| *port != address.port());
    let other = SocketAddr::new(address.ip(), port.unwrap_or_default());
    let endpoint = endpoint_of(other);
    Failure::new(format!(
        "{begin}: the address is in use; stop what listens there, or use another: \
         --otlp-listen {other}, and user-service started with \
         OTEL_EXPORTER_OTLP_ENDPOINT={endpoint}"
    ))
}

/// `address`, which `flag` sets, can't be listened on by `trace listen`.
pub fn cannot_listen_on(address: SocketAddr, flag: &str, error: &io::Error) -> Failure {
    let what = match error.kind() {
        io::ErrorKind::AddrInUse => "the address is in use".to_owned(),
        _ => error.to_string(),
    };
    Failure::new(format!(
        "cannot listen on {address}: {what}; choose another address of this host with {flag}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_use_says_what_to_do() {
        let error = io::Error::from(io::ErrorKind::AddrInUse);
        let taken = "0.0.0.0:4317".parse().unwrap();
        let expected = "cannot receive spans on 0.0.0.0:4317 for --waterfall: the address is in \
            use; stop what listens there, or use another: --otlp-listen 0.0.0.0:14317, and \
            user-service started with OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:14317";
        assert_eq!(cannot_listen(taken, &error).sentence, expected);
    }

    #[test]
    fn an_address_of_another_host_says_what_to_do() {
        let error = io::Error::other("not here");
        let expected = "cannot receive spans on 192.0.2.1:1 for --waterfall: not here; give an \
            address of this host with --otlp-listen";
        let foreign = "192.0.2.1:1".parse().unwrap();
        assert_eq!(cannot_listen(foreign, &error).sentence, expected);
    }
}
