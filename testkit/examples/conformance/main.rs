//! The server of the Connect conformance suite: its service on grpc-server, for gRPC, and with a
//! gateway in front of it for Connect and gRPC-Web. `connectconformance` starts it once for each
//! of its configurations, says which one on the standard input, and reads from the standard
//! output where it listens.

#![expect(
    clippy::unwrap_used,
    reason = "a test tool reports its failures by panicking"
)]

mod backend;
mod metadata;
mod payload;
mod proto;
mod responses;
mod service;
mod trailers;

use std::io::{Read, Write, stdin, stdout};
use std::net::SocketAddr;
use std::time::Duration;

use grpc_channel::{Channel, Target};
use grpc_server::{ConnectionLimits, Server, Shutdown};
use grpc_telemetry::Telemetry;
use grpc_telemetry::rpc::Trust;
use http_gateway::{Gateway, Settings};
use prost::Message;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use self::proto::{FILE_DESCRIPTOR_SET, ServerCompatRequest, ServerCompatResponse};

/// `Protocol.PROTOCOL_GRPC` of the suite.
const GRPC: i32 = 2;

fn main() {
    let mut input = stdin();
    let mut length = [0; 4];
    input.read_exact(&mut length).unwrap();
    let mut message = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    input.read_exact(&mut message).unwrap();
    let request = ServerCompatRequest::decode(&message[..]).unwrap();

    let runtime = Runtime::new().unwrap();
    let shutdown = Shutdown::new(Duration::ZERO);
    let (address, serving) = runtime.block_on(serve(&request, shutdown));
    let response = ServerCompatResponse {
        host: address.ip().to_string(),
        port: address.port().into(),
        ..ServerCompatResponse::default()
    };
    let response = response.encode_to_vec();
    let length = u32::try_from(response.len()).unwrap().to_be_bytes();
    let mut output = stdout();
    output
        .write_all(&[&length[..], &response].concat())
        .unwrap();
    output.flush().unwrap();
    // The suite ends it by a signal.
    runtime.block_on(serving).unwrap();
}

/// Serves the service, by itself or behind a gateway; returns where, and the task that does.
async fn serve(request: &ServerCompatRequest, shutdown: Shutdown) -> (SocketAddr, JoinHandle<()>) {
    let (listener, backend) = listen().await;
    let limit = usize::try_from(request.message_receive_limit).unwrap();
    let serving = backend::serve(listener, limit, shutdown.clone());
    if request.protocol == GRPC {
        return (backend, tokio::spawn(serving));
    }
    let (web, address) = listen().await;
    let server = Server::new(web, gateway(backend), ConnectionLimits::default());
    let both = async {
        tokio::join!(serving, server.serve_web(shutdown));
    };
    (address, tokio::spawn(both))
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A gateway as `user-client gateway` has it, in front of `backend`.
fn gateway(backend: SocketAddr) -> Gateway {
    let telemetry = Telemetry::off();
    let target: Target = format!("http://{backend}").parse().unwrap();
    let channel = Channel::builder(target)
        .methods(&[FILE_DESCRIPTOR_SET])
        .unwrap();
    let channel = channel.open(&telemetry).unwrap();
    let settings = Settings {
        // The suite compares all details.
        domain: "",
        timeout: payload::NO_TIMEOUT,
        stream_timeout: None,
        max_message: 4 << 20,
        // Most messages of the suite are short.
        min_compressed: 0,
        version: "1",
        trace_url: None,
        cors_origins: Vec::new(),
        trust: Trust::Always,
    };
    Gateway::new(FILE_DESCRIPTOR_SET, channel, &settings, &telemetry).unwrap()
}
