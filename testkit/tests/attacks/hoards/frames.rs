//! Hoarders who write frames by hand.

use std::time::Duration;

use testkit::sizes::size;
use testkit::wire::{
    self, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, frame,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::sleep;

use super::kinds::{Port, ResourceAttack, Traffic};

/// Calls on each connection: as many as one may have, but for one.
const CALLS: u32 = 199;

/// What is written on one connection.
#[derive(Clone)]
pub(super) struct Frames {
    /// Sent before the service speaks; empty where the client speaks first.
    pub(super) opening: Vec<u8>,
    pub(super) sent: Vec<u8>,
    /// Written again and again, if that is anything.
    pub(super) crumb: Vec<u8>,
}

/// Sends what there is to send once the service has told its windows, and reads what comes so
/// that it isn't held back.
pub(super) async fn keep(mut peer: TcpStream, frames: Frames) {
    if !frames.opening.is_empty() {
        let _ = peer.write_all(&frames.opening).await;
        let _ = peer.read(&mut [0; 1024]).await;
    }
    let (mut reads, mut writes) = peer.into_split();
    let mut sink = tokio::io::sink();
    let reading = tokio::io::copy(&mut reads, &mut sink);
    tokio::select! {
        () = send(&mut writes, &frames) => {}
        _ = reading => {}
    }
}

async fn send(writes: &mut OwnedWriteHalf, frames: &Frames) {
    if writes.write_all(&frames.sent).await.is_err() {
        return;
    }
    loop {
        sleep(Duration::from_millis(300)).await;
        if !frames.crumb.is_empty() && writes.write_all(&frames.crumb).await.is_err() {
            return;
        }
    }
}

/// As many calls of `path` as a connection may have, each followed by `body`.
fn calls(path: &str, body: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    let headers = wire::headers_of(path);
    let streams = (0..CALLS).map(|number| 2 * number + 1);
    streams
        .flat_map(|stream| [frame(HEADERS, END_HEADERS, stream, &headers), body(stream)].concat())
        .collect()
}

fn user_call(method: &str) -> String {
    format!("/user.v1.UserService/{method}")
}

/// An unfinished request message on `stream`: its prefix, and `bytes` of its content.
fn half_a_message(stream: u32, bytes: usize) -> Vec<u8> {
    let prefix = [0, 0, 0x0f, 0xff, 0xff];
    let mut sent = frame(DATA, 0, stream, &prefix);
    if bytes > 0 {
        sent.extend(frame(DATA, 0, stream, &vec![0; bytes]));
    }
    sent
}

fn hoard(name: &'static str, connections: usize, sent: Vec<u8>) -> ResourceAttack {
    ResourceAttack {
        name,
        connections,
        addresses: 2,
        port: Port::Grpc,
        how: Traffic::Frames(Frames {
            opening: wire::opening(),
            sent,
            crumb: Vec::new(),
        }),
    }
}

/// Calls that are open, of all kinds.
pub(super) fn of_calls() -> Vec<ResourceAttack> {
    let message = |stream| frame(DATA, END_STREAM, stream, &[0; 5]);
    let watches = calls("/grpc.health.v1.Health/Watch", message);
    let silent = calls(&user_call("CreateUsers"), |_| Vec::new());
    let half = calls(&user_call("GetUser"), |stream| half_a_message(stream, 0));
    let large = calls(&user_call("CreateUser"), |stream| {
        half_a_message(stream, 4 * 1024)
    });
    let no_window = wire::setting(INITIAL_WINDOW_SIZE, 0);
    let lists = calls(&user_call("ListUsers"), message);
    let lookups = calls(&user_call("GetUsers"), |stream| {
        frame(DATA, 0, stream, &[0, 0, 0, 0, 2, 8, 1].repeat(700))
    });
    vec![
        hoard("watches", 320, watches),
        hoard("silent streams", 64, silent),
        hoard("half a unary request", 64, half),
        dribbled(),
        hoard("unread lists", 64, [no_window.clone(), lists].concat()),
        hoard("unread lookups", 64, [no_window, lookups].concat()),
        hoard("half of large unary requests", 64, large),
    ]
}

fn dribbled() -> ResourceAttack {
    let streams = calls(&user_call("CreateUsers"), |stream| {
        half_a_message(stream, 0)
    });
    let mut hoard = hoard("dribbled streams", 600, streams);
    if let Traffic::Frames(frames) = &mut hoard.how {
        frames.crumb = frame(DATA, 0, 1, &[0; 8]);
    }
    hoard
}

/// Kitex frames that lack their last byte.
fn unfinished_kitex_frames() -> ResourceAttack {
    let length = 1024 * 1024_u32;
    let mut sent = [&length.to_be_bytes()[..], b"\x80\x01\0\x01"].concat();
    sent.resize(usize::try_from(length).unwrap(), 0);
    let mut hoard = hoard("unfinished Kitex frames", size(300, 1000), sent);
    if let Traffic::Frames(frames) = &mut hoard.how {
        frames.opening.clear();
    }
    hoard
}

/// Connections without a call.
pub(super) fn of_connections() -> Vec<ResourceAttack> {
    let many = size(64, 1000);
    // 24 KiB of headers that never end: less than what ends the connection.
    let header = wire::header("x", &"v".repeat(120)).repeat(100);
    let unfinished = [
        frame(HEADERS, 0, 1, &wire::headers_of("/")),
        frame(CONTINUATION, 0, 1, &header),
        frame(CONTINUATION, 0, 1, &header),
    ];
    let at = |port, name, sent| ResourceAttack {
        port,
        ..hoard(name, 200, sent)
    };
    let watch = calls("/grpc.health.v1.Health/Watch", |stream| {
        frame(DATA, END_STREAM, stream, &[0; 5])
    });
    let head = b"GET /metrics HTTP/1.1\r\nx-".to_vec();
    let scrapes = b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n".repeat(1000);
    vec![
        hoard("unfinished headers", many, unfinished.concat()),
        hoard("silent connections", many, Vec::new()),
        unfinished_kitex_frames(),
        at(Port::Health, "watches at the health port", watch),
        at(Port::Http, "unfinished heads at the HTTP port", head),
        at(Port::Http, "pipelined scrapes at the HTTP port", scrapes),
    ]
}
