//! The fault proxy does to traffic what its mode says.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::ops::Deref;
use std::time::{Duration, Instant};

use testkit::{FaultProxy, Mode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// Far longer than loopback takes, so that silence means that nothing was forwarded.
const SILENCE: Duration = Duration::from_millis(200);

/// A proxy in front of an echo server, which ends with it.
struct EchoProxy {
    proxy: FaultProxy,
    _echo: AbortOnDropHandle<()>,
}

impl Deref for EchoProxy {
    type Target = FaultProxy;

    fn deref(&self) -> &FaultProxy {
        &self.proxy
    }
}

/// An echo server that ends when the handle is dropped.
async fn echo() -> (SocketAddr, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            connections.spawn(async move {
                let (mut reads, mut writes) = stream.split();
                tokio::io::copy(&mut reads, &mut writes).await
            });
        }
    });
    (address, AbortOnDropHandle::new(serving))
}

async fn proxy() -> EchoProxy {
    let (address, echo) = echo().await;
    EchoProxy {
        proxy: FaultProxy::in_front_of(&format!("http://{address}")).await,
        _echo: echo,
    }
}

async fn connect(proxy: &FaultProxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

async fn ping(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"ping").await?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"ping");
    Ok(())
}

#[tokio::test]
async fn pass_forwards_all_bytes_and_the_end() {
    let proxy = proxy().await;
    let stream = connect(&proxy).await;
    let (mut reads, mut writes) = stream.into_split();
    let sent: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let copy = sent.clone();
    let writer = AbortOnDropHandle::new(tokio::spawn(async move {
        writes.write_all(&copy).await.unwrap();
        writes.shutdown().await.unwrap();
    }));
    let mut received = Vec::new();
    reads.read_to_end(&mut received).await.unwrap();
    writer.await.unwrap();
    assert!(
        received == sent,
        "{} of {} bytes came back",
        received.len(),
        sent.len()
    );
}

#[tokio::test]
async fn refuse_resets_new_connections_and_spares_open_ones() {
    let proxy = proxy().await;
    let mut open = connect(&proxy).await;
    ping(&mut open).await.unwrap();
    proxy.set(Mode::Refuse);
    let mut refused = connect(&proxy).await;
    let error = ping(&mut refused).await.unwrap_err();
    let expected = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
    assert!(expected.contains(&error.kind()), "{error}");
    ping(&mut open).await.unwrap();
    proxy.set(Mode::Pass);
    ping(&mut connect(&proxy).await).await.unwrap();
}

#[tokio::test]
async fn hang_holds_bytes_back_until_the_mode_changes() {
    let proxy = proxy().await;
    let mut open = connect(&proxy).await;
    ping(&mut open).await.unwrap();
    proxy.set(Mode::Hang);
    let mut new = connect(&proxy).await;
    for stream in [&mut open, &mut new] {
        stream.write_all(b"ping").await.unwrap();
        let mut answer = [0; 4];
        assert!(
            tokio::time::timeout(SILENCE, stream.read_exact(&mut answer))
                .await
                .is_err()
        );
    }
    proxy.set(Mode::Pass);
    for stream in [&mut open, &mut new] {
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"ping");
    }
}

#[tokio::test]
async fn delay_applies_to_both_directions() {
    let proxy = proxy().await;
    let mut stream = connect(&proxy).await;
    let delay = Duration::from_millis(50);
    proxy.set(Mode::Delay(delay));
    let started = Instant::now();
    ping(&mut stream).await.unwrap();
    assert!(started.elapsed() >= 2 * delay, "{:?}", started.elapsed());
}

#[tokio::test]
async fn reset_all_breaks_open_connections_only() {
    let proxy = proxy().await;
    let mut open = connect(&proxy).await;
    ping(&mut open).await.unwrap();
    proxy.reset_all();
    let error = open.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    ping(&mut connect(&proxy).await).await.unwrap();
}

#[tokio::test]
async fn what_a_hung_connection_holds_is_lost_with_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let proxy = FaultProxy::in_front_of(&url).await;
    proxy.set(Mode::Hang);
    let mut pairs = Vec::new();
    for _ in 0..20 {
        let mut client = connect(&proxy).await;
        client.write_all(b"ping").await.unwrap();
        pairs.push((client, listener.accept().await.unwrap().0));
    }
    for (_, server) in &mut pairs {
        let held = tokio::time::timeout(SILENCE / 10, server.read_u8()).await;
        assert!(held.is_err(), "{held:?}");
    }
    proxy.reset_all();
    proxy.set(Mode::Pass);
    for (_, mut server) in pairs {
        let error = server.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

#[tokio::test]
async fn a_dropped_proxy_leaves_no_connection_and_no_port() {
    let proxy = proxy().await;
    let address = proxy.address();
    let mut open = connect(&proxy).await;
    ping(&mut open).await.unwrap();
    drop(proxy);
    let end = open.read_u8().await.unwrap_err();
    assert!(
        [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset].contains(&end.kind()),
        "{end}"
    );
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_url_keeps_all_but_host_and_port() {
    let proxy =
        FaultProxy::in_front_of("postgres://me:secret@localhost/users?sslmode=disable").await;
    let port = proxy.address().port();
    let expected = format!("postgres://me:secret@127.0.0.1:{port}/users?sslmode=disable");
    assert_eq!(proxy.url(), expected);
}

#[tokio::test]
async fn a_lost_reply_breaks_its_connection_and_no_other() {
    let proxy = proxy().await;
    let mut open = connect(&proxy).await;
    let mut other = connect(&proxy).await;
    ping(&mut open).await.unwrap();
    ping(&mut other).await.unwrap();
    proxy.lose_reply(2);
    ping(&mut open).await.unwrap();
    let error = ping(&mut open).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    ping(&mut other).await.unwrap();
    assert_eq!(proxy.accepted(), 2);
}
