//! As much of an HTTP client as it takes to ask a server on this machine for a page.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// How long a server may take for anything.
const LIMIT: Duration = Duration::from_secs(5);

/// The JSON at `path` of port `port` on this machine, if there is any.
pub fn get_json(port: u16, path: &str) -> Option<Value> {
    serde_json::from_str(&get(port, path)?).ok()
}

/// The text at `path` of port `port` on this machine, if there is any.
pub fn get(port: u16, path: &str) -> Option<String> {
    request(port, "GET", path, "")
}

/// The JSON that port `port` on this machine responds with when `body` is sent to `path`, if
/// there is any.
pub fn post_json(port: u16, path: &str, body: &Value) -> Option<Value> {
    serde_json::from_str(&request(port, "POST", path, &body.to_string())?).ok()
}

fn request(port: u16, method: &str, path: &str, body: &str) -> Option<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, LIMIT).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    // Version 1.0, so that the response is neither chunked nor followed by another one.
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8(answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some(body.to_owned())
}
