//! Several protocols on one port, detected by the first bytes of the peer.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::convert::Infallible;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use grpc_server::tls::{Files, Tls};
use grpc_server::{
    ConnectionLimits, ForcedShutdown, OtherConnection, Protocol, Protocols, RequestBody, Server,
    Shutdown,
};
use http::{Request, Response};
use http_body_util::Empty;
use prost::bytes::Bytes;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower::service_fn;

/// A call of Kitex: a length, and a message of Thrift.
const FRAMED: &[u8] = b"\0\0\0\x11\x80\x01\0\x01\0\0\0\x04Ping\0\0\0\x01\0";
const LIMIT: Duration = Duration::from_secs(10);

/// A server of HTTP/2, which has an empty response for everything, and of Framed.
struct Running {
    address: SocketAddr,
    shutdown: Shutdown,
    served: JoinHandle<usize>,
}

impl Running {
    /// `handler` serves what is not HTTP/2; the grace period is `grace`.
    async fn start<F>(
        handler: fn(OtherConnection) -> F,
        grace: Duration,
        limits: ConnectionLimits,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_over(None, handler, grace, limits).await
    }

    async fn start_over<F>(
        tls: Option<Arc<Tls>>,
        handler: fn(OtherConnection) -> F,
        grace: Duration,
        limits: ConnectionLimits,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = service_fn(async |_: Request<RequestBody>| {
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        });
        let served = [Protocol::Http2, Protocol::Framed];
        let server = Server::new(listener, service, limits)
            .with_tls(tls)
            .with_protocols(Protocols::new(&served, "orders", handler));
        let shutdown = Shutdown::new(grace);
        let served = tokio::spawn(server.serve(shutdown.clone()));
        Self {
            address,
            shutdown,
            served,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// All that the server responds to `bytes` with until it closes.
    async fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        // A handler that leaves bytes unread resets the connection.
        self.exchange(bytes).await.0
    }

    /// The same, and whether it closed without a reset.
    async fn exchange(&self, bytes: &[u8]) -> (Vec<u8>, bool) {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let reading = stream.read_to_end(&mut answer);
        let read = timeout(LIMIT, reading).await.unwrap();
        (answer, read.is_ok())
    }

    /// Stops it; returns how many connections were terminated.
    async fn stop(self) -> usize {
        self.shutdown.stop.cancel();
        timeout(LIMIT, self.served).await.unwrap().unwrap()
    }
}

/// Responds to one call with the bytes that it has.
async fn echo(mut connection: OtherConnection) {
    let mut request = Request::new(());
    let _call = connection.calls.start(request.extensions_mut()).unwrap();
    assert!(request.extensions().get::<ForcedShutdown>().is_some());
    assert_eq!(connection.protocol, Protocol::Framed);
    let mut received = vec![0; FRAMED.len()];
    connection.stream.read_exact(&mut received).await.unwrap();
    connection.stream.write_all(&received).await.unwrap();
}

/// Says that it was asked to leave.
async fn leaves(mut connection: OtherConnection) {
    connection.stream.write_all(b"served").await.unwrap();
    connection.leave.cancelled().await;
    connection.stream.write_all(b", left").await.unwrap();
}

async fn stays(mut connection: OtherConnection) {
    connection.stream.write_all(b"served").await.unwrap();
    std::future::pending::<()>().await;
}

/// Starts calls until there are too many, and says how many there were.
async fn floods(mut connection: OtherConnection) {
    let mut calls = Vec::new();
    while let Some(call) = connection.calls.start(Request::new(()).extensions_mut()) {
        calls.push(call);
    }
    let count = u8::try_from(calls.len()).unwrap();
    connection.stream.write_all(&[count]).await.unwrap();
}

#[tokio::test]
async fn calls_of_other_protocols_count_against_the_limits_of_their_address() {
    let limits = ConnectionLimits {
        streams_per_address: 8,
        ..ConnectionLimits::default()
    };
    let server = Running::start(floods, LIMIT, limits).await;
    // Eight, and two that are refused with a status.
    assert_eq!(server.answer(FRAMED).await, [10]);
    assert_eq!(server.stop().await, 0);
}

#[tokio::test]
async fn each_protocol_goes_its_way_on_one_port() {
    let server = Running::start(echo, LIMIT, ConnectionLimits::default()).await;

    assert_eq!(server.answer(FRAMED).await, FRAMED);
    let (mut client, connection) = h2::client::handshake(server.connect().await).await.unwrap();
    let connection = tokio::spawn(connection);
    let (response, _) = client.send_request(Request::new(()), true).unwrap();
    let response = timeout(LIMIT, response).await.unwrap().unwrap();
    assert_eq!(response.status(), 200);
    drop(client);

    assert_eq!(server.stop().await, 0);
    connection.abort();
}

#[tokio::test]
async fn unserved_protocol_is_closed_without_a_response_or_a_reset() {
    let server = Running::start(echo, LIMIT, ConnectionLimits::default()).await;
    let buffered = &FRAMED[4..];
    for bytes in [
        buffered,
        b"GET / HTTP/1.1\r\n\r\n",
        b"INVALID CONNECTION PREFACE\r\n\r\n",
        &b"x".repeat(20_000),
        b"\x01\x01\x01\x01\x01\x01\x01\x01",
    ] {
        let closed = server.exchange(bytes).await;
        assert_eq!(closed, (Vec::new(), true), "{bytes:x?}");
    }
    assert_eq!(server.stop().await, 0);
}

#[tokio::test]
async fn a_peer_that_takes_too_long_for_its_first_bytes_is_closed_without_a_word() {
    let limits = ConnectionLimits {
        handshake: Duration::from_millis(100),
        ..ConnectionLimits::default()
    };
    let server = Running::start(echo, LIMIT, limits).await;
    for begun in [b"".as_slice(), b"PRI * H", &FRAMED[..7]] {
        assert_eq!(server.answer(begun).await, b"");
    }
    assert_eq!(server.stop().await, 0);
}

#[tokio::test]
async fn a_connection_of_another_protocol_is_asked_to_leave_when_the_server_stops() {
    let server = Running::start(leaves, LIMIT, ConnectionLimits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(FRAMED).await.unwrap();
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"served");

    assert_eq!(server.stop().await, 0);
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b", left");
}

#[tokio::test]
async fn a_connection_that_stays_is_terminated_after_the_grace_period() {
    let grace = Duration::from_millis(100);
    let server = Running::start(stays, grace, ConnectionLimits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(FRAMED).await.unwrap();
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).await.unwrap();

    assert_eq!(server.stop().await, 1);
}

/// A server's side of TLS, and a client's that trusts it and offers no protocol by ALPN.
fn tls() -> (Arc<Tls>, TlsConnector) {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files = Files {
        certificate: folder.path().join("certificate.pem"),
        key: folder.path().join("key.pem"),
        client_ca: None,
    };
    fs::write(&files.certificate, certified.cert.pem()).unwrap();
    fs::write(&files.key, certified.signing_key.serialize_pem()).unwrap();
    let tls = Tls::open(files, None, "orders").unwrap();
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from(certified.cert.der().to_vec());
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (tls, TlsConnector::from(Arc::new(config)))
}

#[tokio::test]
async fn over_tls_the_first_bytes_come_after_the_handshake() {
    let (tls, connector) = tls();
    let limits = ConnectionLimits::default();
    let server = Running::start_over(Some(tls), echo, LIMIT, limits).await;
    let name = ServerName::try_from("localhost").unwrap();

    let stream = connector.connect(name, server.connect().await).await;
    let mut stream = stream.unwrap();
    stream.write_all(FRAMED).await.unwrap();
    let mut answer = vec![0; FRAMED.len()];
    stream.read_exact(&mut answer).await.unwrap();

    assert_eq!(answer, FRAMED);
    assert_eq!(server.stop().await, 0);
}
