//! HTTP/2 by hand, for peers that don't keep to it.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// What a client sends first, with the answer to the server's settings.
pub(crate) fn opening() -> Vec<u8> {
    [
        PREFACE,
        &frame(SETTINGS, 0, 0, &[]),
        &frame(SETTINGS, ACK, 0, &[]),
    ]
    .concat()
}

/// The headers of a call of GetUser, literally, without indexing.
pub(crate) fn request_headers() -> Vec<u8> {
    let fields: [(&str, &str); 6] = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/user.v1.UserService/GetUser"),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    let text = |text: &str| {
        let mut bytes = vec![u8::try_from(text.len()).unwrap()];
        bytes.extend(text.as_bytes());
        bytes
    };
    let field = |(name, value): (&str, &str)| [vec![0], text(name), text(value)].concat();
    fields.into_iter().flat_map(field).collect()
}

/// A connection to the service at `url`, which begins with `sent`.
pub(crate) async fn connect(url: &str, sent: &[u8]) -> TcpStream {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may have closed it already.
    let _ = stream.write_all(sent).await;
    stream
}

/// Whether the service at `url` closes a connection at once, with or without having accepted it.
pub(crate) async fn is_turned_away(url: &str) -> bool {
    let address = url.strip_prefix("http://").unwrap();
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return true;
    };
    let _ = stream.write_all(&opening()).await;
    let (_, received) = until_closed(&mut stream, Duration::from_secs(5)).await;
    received.is_empty()
}

/// Reads until the server closes, and answers how long that took and what it sent.
pub(crate) async fn until_closed(stream: &mut TcpStream, limit: Duration) -> (Duration, Vec<u8>) {
    let started = Instant::now();
    let mut received = Vec::new();
    match tokio::time::timeout(limit, stream.read_to_end(&mut received)).await {
        // A reset is an end too.
        Ok(_) => (started.elapsed(), received),
        Err(_) => panic!("the server has not closed within {limit:?}"),
    }
}
