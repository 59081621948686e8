//! HTTP/2 by hand, for peers that don't keep to it.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// What a client sends before its first frame.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// The kinds of frames, by their numbers in RFC 9113.
/// A piece of a body.
pub const DATA: u8 = 0;
/// The beginning of a stream, or its trailers.
pub const HEADERS: u8 = 1;
/// Gives a stream up.
pub const RST_STREAM: u8 = 3;
/// Says what the other may send.
pub const SETTINGS: u8 = 4;
/// Wants a response.
pub const PING: u8 = 6;
/// Ends a connection.
pub const GOAWAY: u8 = 7;
/// Lets the other send more.
pub const WINDOW_UPDATE: u8 = 8;
/// More headers.
pub const CONTINUATION: u8 = 9;

/// The ACK flag of SETTINGS and PING.
pub const ACK: u8 = 1;
/// The flag of the last frame of a stream.
pub const END_STREAM: u8 = 1;
/// The flag of headers that are complete.
pub const END_HEADERS: u8 = 4;

/// The setting of how much may be sent ahead on a stream.
pub const INITIAL_WINDOW_SIZE: u16 = 4;

const HEAD_BYTES: usize = 9;

/// A frame.
///
/// # Panics
/// If `payload` is too long for one.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame has a length of 24 bits");
    let [_, high, middle, low] = length.to_be_bytes();
    let mut frame = vec![high, middle, low, kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A SETTINGS frame with one setting.
pub fn setting(name: u16, value: u32) -> Vec<u8> {
    let payload = [&name.to_be_bytes()[..], &value.to_be_bytes()].concat();
    frame(SETTINGS, 0, 0, &payload)
}

/// What a client sends first, with the response to the server's settings.
pub fn opening() -> Vec<u8> {
    [
        PREFACE,
        &frame(SETTINGS, 0, 0, &[]),
        &frame(SETTINGS, ACK, 0, &[]),
    ]
    .concat()
}

/// The headers of a call of `method` of `user.v1.UserService`, literally, without indexing.
pub fn request_headers(method: &str) -> Vec<u8> {
    headers_of(&format!("/user.v1.UserService/{method}"))
}

/// The headers of a call of the method at `path`, literally, without indexing.
pub fn headers_of(path: &str) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    let field = |(name, value)| header(name, value);
    fields.into_iter().flat_map(field).collect()
}

/// One header, literally, without indexing.
///
/// # Panics
/// If the name or the value has more than 126 bytes.
pub fn header(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| {
        assert!(text.len() < 127, "a longer length has another form");
        [&[text.len() as u8], text.as_bytes()].concat()
    };
    [vec![0], text(name), text(value)].concat()
}

/// The frames in `bytes`, as kinds and payloads; an incomplete one is left out.
pub fn frames(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut frames = Vec::new();
    while let [high, middle, low, kind, ..] = *bytes {
        let length = u32::from_be_bytes([0, high, middle, low]) as usize;
        let Some(payload) = bytes.get(HEAD_BYTES..HEAD_BYTES + length) else {
            break;
        };
        frames.push((kind, payload));
        bytes = &bytes[HEAD_BYTES + length..];
    }
    frames
}

/// A connection to the service at `url`, which begins with `sent`.
///
/// # Panics
/// If it can't be made.
pub async fn connect(url: &str, sent: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address(url))
        .await
        .expect("the service listens");
    // The server may have closed it already.
    let _ = stream.write_all(sent).await;
    stream
}

/// The same from an address of this host, such as 127.0.0.2.
///
/// # Panics
/// If it can't be made.
pub async fn connect_from(from: IpAddr, url: &str, sent: &[u8]) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("there is a socket");
    socket.bind((from, 0).into()).expect("the address is free");
    let service = address(url).parse().expect("the URL has an address");
    let connecting = socket.connect(service).await;
    let mut stream = connecting.expect("the service listens");
    // The server may have closed it already.
    let _ = stream.write_all(sent).await;
    stream
}

/// Whether the service at `url` closes a connection at once, with or without having accepted it.
pub async fn is_turned_away(url: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address(url)).await else {
        return true;
    };
    let _ = stream.write_all(&opening()).await;
    let (_, received) = until_closed(&mut stream, Duration::from_secs(5)).await;
    received.is_empty()
}

/// Reads until the server closes, and returns how long that took and what it sent.
///
/// # Panics
/// If it takes longer than `limit`.
pub async fn until_closed(stream: &mut TcpStream, limit: Duration) -> (Duration, Vec<u8>) {
    let started = Instant::now();
    let mut received = Vec::new();
    match tokio::time::timeout(limit, stream.read_to_end(&mut received)).await {
        // A reset is an end too.
        Ok(_) => (started.elapsed(), received),
        Err(_) => panic!("the server has not closed within {limit:?}"),
    }
}

fn address(url: &str) -> &str {
    url.strip_prefix("http://")
        .expect("the URL of a service has this scheme")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_are_written() {
        let bytes = [frame(DATA, 0, 1, b"ab"), frame(PING, ACK, 0, &[7; 8])].concat();
        assert_eq!(frames(&bytes[..bytes.len() - 1]), [(DATA, &b"ab"[..])]);
        assert_eq!(frames(&bytes)[1], (PING, &[7; 8][..]));
    }
}
