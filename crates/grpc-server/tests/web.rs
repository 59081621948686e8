//! HTTP/1.1 and h2c on one port.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use grpc_server::{ConnectionLimits, Server, Shutdown, TooManyStreams};
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use prost::bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tonic::body::Body;
use tower::{Service, service_fn};

const LIMIT: Duration = Duration::from_secs(10);

/// Responds to each request with its version, its path, and the size of its body.
async fn describe(request: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    let version = match request.version() {
        Version::HTTP_2 => 2,
        _ => 1,
    };
    let excess = request.extensions().get::<TooManyStreams>().is_some();
    let path = request.uri().path().to_owned();
    let size = match request.into_body().collect().await {
        Ok(body) => body.to_bytes().len().to_string(),
        Err(_) => "broken".to_owned(),
    };
    let text = format!("{version} {path} {size} {excess}\n");
    Ok(Response::new(Full::from(text)))
}

async fn start(limits: ConnectionLimits) -> (SocketAddr, Shutdown) {
    start_service(service_fn(describe), limits).await
}

async fn start_service<S, F>(service: S, limits: ConnectionLimits) -> (SocketAddr, Shutdown)
where
    S: Service<Request<Body>, Response = Response<Full<Bytes>>, Error = Infallible, Future = F>
        + Clone
        + Send
        + 'static,
    F: Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = Shutdown::new(LIMIT);
    let server = Server::new(listener, service, limits);
    tokio::spawn(server.serve_web(shutdown.clone()));
    (address, shutdown)
}

/// All that the server sends to a peer that has sent `text`, until it closes.
async fn exchange(address: SocketAddr, text: &str) -> String {
    let mut peer = TcpStream::connect(address).await.unwrap();
    peer.write_all(text.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let reading = peer.read_to_end(&mut received);
    // A connection may be reset, as what was sent is not read to its end.
    let _ = timeout(LIMIT, reading).await.unwrap();
    String::from_utf8(received).unwrap()
}

const LAST: &str = "GET /last HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn requests_of_http_1_follow_each_other_on_a_connection() {
    let (address, _shutdown) = start(ConnectionLimits::default()).await;
    let text = format!(
        "POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello\
         POST /chunks HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\
         3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n{LAST}"
    );
    let received = exchange(address, &text).await;
    for expected in [
        "1 /length 5 false\n",
        "1 /chunks 7 false\n",
        "1 /last 0 false\n",
    ] {
        assert!(received.contains(expected), "{received}");
    }
}

#[tokio::test]
async fn http_2_with_prior_knowledge_is_served_on_the_same_port() {
    let (address, shutdown) = start(ConnectionLimits::default()).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let (send, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut send = send.ready().await.unwrap();
    let request = Request::get(format!("http://{address}/h2"))
        .body(())
        .unwrap();
    let (response, _) = send.send_request(request, true).unwrap();
    let mut body = response.await.unwrap().into_body();
    let text = body.data().await.unwrap().unwrap();
    assert_eq!(text, "2 /h2 0 false\n");
    // It gets a GOAWAY when the server stops.
    shutdown.stop.cancel();
    timeout(LIMIT, connection).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_smuggled_request_is_refused_and_not_served() {
    let (address, _shutdown) = start(ConnectionLimits::default()).await;
    for headers in [
        "content-length: 4\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 4",
        "content-length: 4\r\ncontent-length: 5",
        "transfer-encoding: xchunked",
        "transfer-encoding : chunked",
        "content-length: 4\nx: y",
    ] {
        let text = format!("POST /first HTTP/1.1\r\nhost: a\r\n{headers}\r\n\r\n0\r\n\r\n{LAST}");
        let received = exchange(address, &text).await;
        assert!(
            received.starts_with("HTTP/1.1 400 "),
            "{headers}: {received}"
        );
        assert!(
            received.contains("\"status\":\"INVALID_ARGUMENT\""),
            "{received}"
        );
        assert!(!received.contains("/last"), "{headers}: {received}");
    }
}

#[tokio::test]
async fn what_is_not_http_gets_a_response_of_http() {
    let (address, _shutdown) = start(ConnectionLimits::default()).await;
    for text in ["hello, world\r\n\r\n", "\x16\x03\x01\x02\0\x01\0\x01\n"] {
        let received = exchange(address, text).await;
        assert!(received.starts_with("HTTP/1.1 400 "), "{received}");
    }
}

#[tokio::test]
async fn a_request_beyond_the_limit_of_its_address_says_so() {
    let limits = ConnectionLimits {
        streams_per_address: 0,
        ..ConnectionLimits::default()
    };
    let (address, _shutdown) = start(limits).await;
    let received = exchange(address, LAST).await;
    assert!(received.contains("1 /last 0 true\n"), "{received}");
}

#[tokio::test]
async fn refused_peer_that_still_sends_is_closed_without_a_reset() {
    let (address, _shutdown) = start(ConnectionLimits::default()).await;
    let mut peer = TcpStream::connect(address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\n";
    peer.write_all(head.as_bytes()).await.unwrap();
    peer.write_all(&vec![b'x'; 100_000]).await.unwrap();
    let mut received = String::new();
    let reading = peer.read_to_string(&mut received);
    timeout(LIMIT, reading).await.unwrap().unwrap();
    assert!(received.starts_with("HTTP/1.1 400 "), "{received}");
}

#[tokio::test]
async fn connection_closes_when_the_rest_of_a_request_is_dropped_after_the_response() {
    let (bodies, mut kept) = mpsc::channel(1);
    let respond = move |request: Request<Body>| {
        let bodies = bodies.clone();
        async move {
            let mut body = request.into_body();
            let first = body.frame().await.unwrap().unwrap();
            assert_eq!(first.into_data().unwrap(), "h");
            bodies.send(body).await.unwrap();
            let response = Response::builder().header("connection", "close");
            Ok(response.body(Full::from("done\n")).unwrap())
        }
    };
    let (address, _shutdown) =
        start_service(service_fn(respond), ConnectionLimits::default()).await;
    let mut peer = TcpStream::connect(address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nh";
    peer.write_all(head.as_bytes()).await.unwrap();
    let body: Body = kept.recv().await.unwrap();
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\ndone\n") {
        let reading = peer.read_buf(&mut received);
        assert!(timeout(LIMIT, reading).await.unwrap().unwrap() > 0);
    }
    drop(body);
    let left = timeout(LIMIT, peer.read_to_end(&mut received)).await;
    assert_eq!(left.unwrap().unwrap(), 0);
    let head = String::from_utf8_lossy(&received);
    assert!(head.contains("content-length: 5\r\n"), "{head}");
}

/// Waits until the server accepts no connection.
async fn wait_until_refused(address: SocketAddr) {
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(LIMIT, refused).await.unwrap();
}

#[tokio::test]
async fn request_on_an_idle_connection_of_a_server_that_stops_is_served_as_the_last_one() {
    let (address, shutdown) = start(ConnectionLimits::default()).await;
    let mut peer = TcpStream::connect(address).await.unwrap();
    let request = b"GET /a HTTP/1.1\r\nhost: a\r\n\r\n";
    peer.write_all(request).await.unwrap();
    let mut received = Vec::new();
    while !received.ends_with(b"1 /a 0 false\n") {
        let reading = peer.read_buf(&mut received);
        assert!(timeout(LIMIT, reading).await.unwrap().unwrap() > 0);
    }
    shutdown.stop.cancel();
    wait_until_refused(address).await;
    peer.write_all(request).await.unwrap();
    let mut last = String::new();
    let reading = peer.read_to_string(&mut last);
    timeout(LIMIT, reading).await.unwrap().unwrap();
    assert!(last.contains("connection: close\r\n"), "{last}");
    assert!(last.ends_with("1 /a 0 false\n"), "{last}");
}

#[tokio::test]
async fn first_request_of_a_connection_that_a_stopping_server_has_not_read_is_served() {
    let (address, shutdown) = start(ConnectionLimits::default()).await;
    let mut peer = TcpStream::connect(address).await.unwrap();
    // Its accepted connections are served in the order in which they came.
    exchange(address, LAST).await;
    shutdown.stop.cancel();
    wait_until_refused(address).await;
    let request = b"GET /first HTTP/1.1\r\nhost: a\r\n\r\n";
    peer.write_all(request).await.unwrap();
    let mut received = String::new();
    let reading = peer.read_to_string(&mut received);
    timeout(LIMIT, reading).await.unwrap().unwrap();
    assert!(received.contains("connection: close\r\n"), "{received}");
    assert!(received.ends_with("1 /first 0 false\n"), "{received}");
}

#[tokio::test]
async fn connections_in_the_queue_of_a_server_that_stops_are_served() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut peers = Vec::new();
    for _ in 0..20 {
        peers.push(TcpStream::connect(address).await.unwrap());
    }
    let shutdown = Shutdown::new(LIMIT);
    shutdown.stop.cancel();
    let server = Server::new(listener, service_fn(describe), ConnectionLimits::default());
    tokio::spawn(server.serve_web(shutdown));
    let request = b"GET /queued HTTP/1.1\r\nhost: a\r\n\r\n";
    for peer in &mut peers {
        peer.write_all(request).await.unwrap();
    }
    for mut peer in peers {
        let mut received = String::new();
        let reading = peer.read_to_string(&mut received);
        timeout(LIMIT, reading).await.unwrap().unwrap();
        assert!(received.ends_with("1 /queued 0 false\n"), "{received}");
    }
}
