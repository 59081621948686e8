//! A TCP proxy that breaks the network on purpose.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

/// The most connections that are open at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 1024;

/// How much is read and forwarded at once, in each direction.
const CHUNK_BYTES: usize = 16 * 1024;

/// A page as a web server has it that was put in place of another server.
const PAGE: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 14\r\n\r\n<html></html>\n";

/// What the proxy does to traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Forwards everything at once.
    Pass,
    /// Resets new connections. Open ones go on; see [`FaultProxy::reset_all`].
    Refuse,
    /// Responds to new connections with a page of HTML, and closes them. Open ones go on.
    Nonsense,
    /// Accepts connections, but forwards nothing on any of them until the mode changes.
    Hang,
    /// Holds each chunk that it reads back for this long, in both directions.
    Delay(Duration),
}

/// A TCP proxy on a free port of 127.0.0.1. Dropping it closes all connections.
#[derive(Debug)]
pub struct FaultProxy {
    url: String,
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    resets: watch::Sender<u64>,
    losses: watch::Sender<u64>,
    replies: Arc<Replies>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// Starts in mode [`Mode::Pass`], in front of the server that `url` names
    /// by host and port.
    ///
    /// # Panics
    /// If `url` has no host, or neither a port nor a scheme with a known one.
    pub async fn in_front_of(url: &str) -> Self {
        let mut url = Url::parse(url).expect("the URL of the server can be parsed");
        let host = url
            .host_str()
            .expect("the URL of the server has a host")
            .to_owned();
        let port = url.port_or_known_default().or_else(|| default_port(&url));
        let upstream = (host, port.expect("the URL of the server has a port"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        url.set_ip_host(address.ip())
            .expect("this URL takes a host");
        url.set_port(Some(address.port()))
            .expect("this URL takes a port");
        let mode = watch::Sender::new(Mode::Pass);
        let resets = watch::Sender::new(0);
        let losses = watch::Sender::new(0);
        let replies = Arc::new(Replies::default());
        let shared = Shared {
            upstream,
            replies: Arc::clone(&replies),
            mode: mode.subscribe(),
            resets: resets.subscribe(),
            losses: losses.subscribe(),
        };
        let task = tokio::spawn(accept(listener, shared));
        Self {
            url: url.into(),
            address,
            mode,
            resets,
            losses,
            replies,
            task,
        }
    }

    /// The URL it was made with, by way of the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the mode, for open connections too.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Resets every open connection, on both of its sides. What was read from one
    /// and is held back is never forwarded, if the mode changes only afterwards.
    pub fn reset_all(&self) {
        self.resets.send_modify(|count| *count += 1);
    }

    /// Forwards nothing any more on the connections that are open, and tells neither
    /// side, as a firewall that has forgotten them does.
    pub fn forget_all(&self) {
        self.losses.send_modify(|count| *count += 1);
    }

    /// Resets the connection on which the server's reply number `number`, from 1,
    /// comes from now on, instead of forwarding it: the server has done its work,
    /// and the client can't know.
    pub fn lose_reply(&self, number: usize) {
        self.replies.countdown.store(number, Relaxed);
    }

    /// Connections accepted so far.
    pub fn accepted(&self) -> usize {
        self.replies.accepted.load(Relaxed)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        // The task owns the connections' tasks, so they end with it.
        self.task.abort();
    }
}

fn default_port(url: &Url) -> Option<u16> {
    match url.scheme() {
        "postgres" | "postgresql" => Some(5432),
        "redis" | "rediss" => Some(6379),
        _ => None,
    }
}

/// What is counted over all connections.
#[derive(Debug, Default)]
struct Replies {
    accepted: AtomicUsize,
    /// How many replies there are until one is lost; 0 loses none.
    countdown: AtomicUsize,
}

impl Replies {
    /// Counts a reply, and returns whether it is the one to lose.
    fn loses_this(&self) -> bool {
        let next = |count: usize| count.checked_sub(1);
        self.countdown.fetch_update(Relaxed, Relaxed, next) == Ok(1)
    }
}

#[derive(Clone)]
struct Shared {
    replies: Arc<Replies>,
    upstream: (String, u16),
    mode: watch::Receiver<Mode>,
    resets: watch::Receiver<u64>,
    losses: watch::Receiver<u64>,
}

async fn accept(listener: TcpListener, shared: Shared) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                let Ok((client, _)) = accepted else { continue };
                // Marked as seen here: a reset that comes next is meant for this connection.
                shared.replies.accepted.fetch_add(1, Relaxed);
                let mut shared = shared.clone();
                shared.resets.mark_unchanged();
                shared.losses.mark_unchanged();
                connections.spawn(serve(client, shared));
            }
        }
    }
}

/// An error on either side resets both.
async fn serve(mut client: TcpStream, shared: Shared) {
    let mode = *shared.mode.borrow();
    match mode {
        Mode::Refuse => return reset(client),
        Mode::Nonsense => return show_page(client).await,
        Mode::Pass | Mode::Hang | Mode::Delay(_) => {}
    }
    let (host, port) = &shared.upstream;
    let Ok(mut server) = TcpStream::connect((host.as_str(), *port)).await else {
        return reset(client);
    };
    // Latency is what the mode says, not what small packets cost.
    let _ = client.set_nodelay(true).and(server.set_nodelay(true));
    let (client_reads, client_writes) = client.split();
    let (server_reads, server_writes) = server.split();
    let (mut resets, mut losses) = (shared.resets.clone(), shared.losses.clone());
    let both = async {
        tokio::try_join!(
            pump(client_reads, server_writes, &shared, || false),
            pump(server_reads, client_writes, &shared, || {
                shared.replies.loses_this()
            }),
        )
    };
    let ended_well = tokio::select! {
        outcome = both => outcome.is_ok(),
        _ = resets.changed() => false,
        _ = losses.changed() => {
            // Only a reset, or the end of the proxy, comes after that.
            let _ = resets.changed().await;
            false
        }
    };
    if !ended_well {
        reset(client);
        reset(server);
    }
}

/// Sends what is no response of any server here; what the client sends is not read.
async fn show_page(mut client: TcpStream) {
    // The client may be gone.
    let _ = client.write_all(PAGE).await;
    let _ = client.shutdown().await;
}

/// Closes `stream` by a RST instead of a FIN.
fn reset(stream: TcpStream) {
    // It fails only on a connection that is gone already.
    let _ = stream.set_zero_linger();
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    shared: &Shared,
    loses_this: impl Fn() -> bool,
) -> io::Result<()> {
    let mut mode = shared.mode.clone();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = from.read(&mut chunk).await?;
        hold(&mut mode).await;
        // Asked here too: this task may run before the one that resets both sides.
        if shared.resets.has_changed().unwrap_or(true) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if length == 0 {
            return to.shutdown().await;
        }
        if loses_this() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        to.write_all(&chunk[..length]).await?;
    }
}

/// Returns when a chunk that was just read may go on.
async fn hold(mode: &mut watch::Receiver<Mode>) {
    loop {
        let now = *mode.borrow_and_update();
        match now {
            Mode::Pass | Mode::Refuse | Mode::Nonsense => return,
            Mode::Delay(time) => return tokio::time::sleep(time).await,
            Mode::Hang => {}
        }
        if mode.changed().await.is_err() {
            // The proxy is gone, and this task is about to be.
            return;
        }
    }
}
