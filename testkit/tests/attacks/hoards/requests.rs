//! Hoarders who keep to HTTP/2, with requests that have no end.

use std::future::pending;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use h2::client::Builder;
use http::Request;
use tokio::net::TcpStream;
use tonic::codegen::Bytes;

use super::kinds::{Port, ResourceAttack, Traffic};

/// The largest message that user-service takes, in bytes.
const LARGEST: usize = 1024 * 1024;
/// What most clients let a server send on each stream.
const WINDOW: u32 = 65_535;
/// What the service lets a client send ahead on a connection, over four streams.
const WINDOWS: usize = 1024 * 1024;

/// What is sent on one connection.
#[derive(Clone)]
pub(super) struct Requests {
    pub(super) calls: usize,
    pub(super) path: &'static str,
    /// The beginning of each request, sent as the service gives room for it.
    pub(super) body: Bytes,
    pub(super) gzip: bool,
    /// What the service may send on each stream.
    pub(super) window: u32,
}

/// Begins `requests`, and keeps them until the service ends the connection.
pub(super) async fn keep(peer: TcpStream, requests: Requests) {
    let mut builder = Builder::new();
    let handshake = builder.initial_window_size(requests.window).handshake(peer);
    let Ok((mut client, connection)) = handshake.await else {
        return;
    };
    let opening = async {
        let mut kept = Vec::new();
        for _ in 0..requests.calls {
            client = client.ready().await?;
            let (response, mut stream) = client.send_request(request(&requests), false)?;
            stream.send_data(requests.body.clone(), false)?;
            kept.push((response, stream));
        }
        pending::<Result<(), h2::Error>>().await
    };
    tokio::select! {
        _ = connection => {}
        _ = opening => {}
    }
}

fn request(requests: &Requests) -> Request<()> {
    let uri = format!("http://localhost/user.v1.UserService/{}", requests.path);
    let mut request = Request::post(uri)
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if requests.gzip {
        request = request.header("grpc-encoding", "gzip");
    }
    request.body(()).unwrap()
}

/// A message with one field that no service knows, so that it has so many bytes.
fn large_message(bytes: usize) -> Vec<u8> {
    let field = 1000 << 3 | 2;
    let mut message = Vec::new();
    prost::encoding::encode_varint(field, &mut message);
    let left = bytes - message.len() - 3;
    prost::encoding::encode_varint(left as u64, &mut message);
    message.resize(bytes, 0);
    message
}

fn prefixed(compressed: u8, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap();
    Bytes::from([&[compressed][..], &length.to_be_bytes(), message].concat())
}

/// `message` as gzip makes it small.
fn zipped(message: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(message).unwrap();
    encoder.finish().unwrap()
}

/// `calls` of `path` that begin with `body` on each connection, of three addresses.
fn hoard(
    name: &'static str,
    connections: usize,
    path: &'static str,
    body: Bytes,
) -> ResourceAttack {
    ResourceAttack {
        name,
        connections,
        addresses: 3,
        port: Port::Grpc,
        how: Traffic::Requests(Requests {
            calls: 2850 / connections,
            path,
            body,
            gzip: false,
            window: WINDOW,
        }),
    }
}

/// Requests that are held unread or incomplete: what they hold is bounded by its bytes.
pub(super) fn of_requests() -> Vec<ResourceAttack> {
    let large = large_message(LARGEST - 16);
    let whole = prefixed(0, &large);
    let half = whole.slice(..whole.len() - 1);
    let lookups = Bytes::from([0, 0, 0, 0, 2, 8, 1].repeat(WINDOWS / 4 / 7));
    let mut of_one = hoard(
        "halves of 1 MiB from one address",
        15,
        "CreateUsers",
        half.clone(),
    );
    of_one.addresses = 1;
    let mut unread = hoard("unread lookups with full windows", 750, "GetUsers", lookups);
    let mut gzip = hoard(
        "gzip of 1 MiB, then silence",
        15,
        "CreateUsers",
        prefixed(1, &zipped(&large)),
    );
    // Work for processors, for which those of three addresses could take all places in flight.
    gzip.addresses = 1;
    for hoard in [&mut unread, &mut gzip] {
        if let Traffic::Requests(requests) = &mut hoard.how {
            requests.gzip = hoard.name.starts_with("gzip");
            requests.window = if requests.gzip { WINDOW } else { 0 };
        }
    }
    vec![
        of_one,
        hoard("halves of 1 MiB", 15, "CreateUsers", half.clone()),
        hoard("halves of 1 MiB, unary", 15, "CreateUser", half),
        hoard("1 MiB, then silence", 15, "CreateUsers", whole),
        unread,
        gzip,
    ]
}
