//! Parsers of values whose errors say what to write instead.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use grpc_common::printable;

/// What an address looks like.
const ADDRESS: &str = "write a host and a port, such as 0.0.0.0:8888, localhost:8888 or :8888";

/// The address to listen on that `text` names: `IP:PORT`, `HOST:PORT`, of which an IPv4 address
/// is preferred, or `:PORT` for all IPv4 addresses of this host.
///
/// # Errors
/// If it has another form, or the host can't be resolved.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').ok_or(ADDRESS)?;
    let port: u16 = port.parse().map_err(|_| ADDRESS)?;
    if host.is_empty() {
        return Ok(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port));
    }
    let unknown = || format!("cannot resolve {}; {ADDRESS}", printable(host));
    let mut found: Vec<_> = (host, port)
        .to_socket_addrs()
        .map_err(|_| unknown())?
        .collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or_else(unknown)
}

/// The address to call for one to listen on: loopback if that is all addresses of this host.
#[must_use]
pub fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Checks that no two of the addresses to listen on, each with the setting that names it, are the
/// same, as those of one IP version are if one is all addresses of this host. Port 0 is any free port.
///
/// # Errors
/// A sentence with both settings.
pub fn distinct_addresses(addresses: &[(&str, SocketAddr)]) -> Result<(), String> {
    for (index, (other, at)) in addresses.iter().enumerate() {
        let same = addresses[..index].iter().find(|(_, it)| overlap(*it, *at));
        if let Some((one, address)) = same {
            return Err(format!(
                "{one} ({address}) and {other} ({at}) name the same address: give one of them another port"
            ));
        }
    }
    Ok(())
}

fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let all = one.ip().is_unspecified() || other.ip().is_unspecified();
    let same_ip = one.ip() == other.ip() || all && one.is_ipv4() == other.is_ipv4();
    same_ip && one.port() == other.port() && one.port() != 0
}

/// A parser of whole numbers from `lowest` to `highest`.
pub fn whole_number<T>(
    lowest: T,
    highest: T,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |text| match text.parse::<T>() {
        Ok(number) if lowest <= number && number <= highest => Ok(number),
        _ => Err(format!("write a whole number from {lowest} to {highest}")),
    }
}

/// A parser of whole numbers that are at least `lowest`.
pub fn whole_number_from<T>(
    lowest: T,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |text| match text.parse::<T>() {
        Ok(number) if lowest <= number => Ok(number),
        _ => Err(format!("write a whole number that is at least {lowest}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_ip_address_a_host_or_a_port_alone() {
        for (text, expected) in [
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("[::1]:1", "[::1]:1"),
            ("localhost:8888", "127.0.0.1:8888"),
            (":8888", "0.0.0.0:8888"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn an_invalid_address_says_what_to_write() {
        for text in ["", "localhost", "9090", "1:99999", "localhost:http"] {
            assert_eq!(address(text).unwrap_err(), ADDRESS, "{text}");
        }
        let unknown = address("no such host:1").unwrap_err();
        assert!(unknown.starts_with("cannot resolve no such host; write"));
    }

    #[test]
    fn two_settings_with_one_address_are_named() {
        let check = |one: &str, other: &str| {
            let addresses = [
                ("ONE", one.parse().unwrap()),
                ("TWO", other.parse().unwrap()),
            ];
            distinct_addresses(&addresses)
        };
        for (one, other) in [
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("0.0.0.0:1", "127.0.0.1:1"),
            ("[::1]:1", "[::]:1"),
        ] {
            let told = check(one, other).unwrap_err();
            let expected = format!("ONE ({one}) and TWO ({other}) name the same address");
            assert!(told.starts_with(&expected), "{told}");
        }
        for (one, other) in [
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("127.0.0.1:1", "127.0.0.1:2"),
            ("127.0.0.1:1", "127.0.0.2:1"),
            ("127.0.0.1:1", "[::1]:1"),
        ] {
            assert_eq!(check(one, other), Ok(()), "{one} {other}");
        }
    }

    #[test]
    fn a_number_out_of_range_says_the_range() {
        let number = whole_number(1_u16, 10);
        assert_eq!(number("7"), Ok(7));
        for text in ["0", "11", "seven", "", "-1", "70000"] {
            let expected = "write a whole number from 1 to 10";
            assert_eq!(number(text).unwrap_err(), expected, "{text}");
        }
        let least = whole_number_from(1_u32)("0").unwrap_err();
        assert_eq!(least, "write a whole number that is at least 1");
    }
}
