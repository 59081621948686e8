//! A peer that floods one connection, and what it got for it.

use std::fmt;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use testkit::wire::{self, GOAWAY};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long the service may take to close after an attack that it stops.
const CLOSED_WITHIN: Duration = Duration::from_secs(5);
/// How long an attacker rests before the next connection.
const REST: Duration = Duration::from_millis(20);
/// The priority of what runs when nothing else wants to.
const LAST: i32 = 19;
/// Pieces that are written together: one at a time would be a slow flood.
const TOGETHER: u32 = 64;

/// What is sent on a connection.
pub(crate) struct Attack {
    /// Sent first.
    pub(crate) opening: Vec<u8>,
    /// What is sent again and again, by its number.
    pub(crate) piece: fn(u32) -> Vec<u8>,
    /// How often, at most.
    pub(crate) count: u32,
}

/// How one connection of an attacker went.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Pieces that could be written before the connection broke: those that the
    /// service has read, and those that were still in flight.
    pub(crate) sent: u32,
    /// Whether the service closed it.
    pub(crate) closed: bool,
    /// The code and the reason in the last GOAWAY, if there was one.
    pub(crate) goaway: Option<(u32, String)>,
}

impl Outcome {
    /// Ends the test unless the service has stopped the attack, which would have
    /// held the connection open.
    pub(crate) fn assert_stopped(&self) {
        assert!(self.closed, "{self:?}");
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "within {} pieces", self.sent)?;
        match &self.goaway {
            Some((code, reason)) => write!(formatter, ", GOAWAY {code} {reason}"),
            None => Ok(()),
        }
    }
}

/// Attacks the service at `url` once, with a connection of its own: one that the service
/// should close, or that is held for `hold` if that is some time.
async fn attack(url: &str, attack: &Attack, hold: Duration) -> Outcome {
    let mut peer = wire::connect(url, &attack.opening).await;
    let (mut reads, mut writes) = peer.split();
    let writing = async {
        let mut sent = 0;
        while sent < attack.count {
            let end = (sent + TOGETHER).min(attack.count);
            let pieces: Vec<u8> = (sent..end).flat_map(attack.piece).collect();
            if writes.write_all(&pieces).await.is_err() {
                break;
            }
            sent = end;
        }
        sent
    };
    // What the service says is read, so that it isn't held back.
    let mut received = Vec::new();
    let reading = async {
        let limit = if hold.is_zero() { CLOSED_WITHIN } else { hold };
        let read = tokio::io::AsyncReadExt::read_to_end(&mut reads, &mut received);
        timeout(limit, read).await.is_ok()
    };
    let (sent, closed) = tokio::join!(writing, reading);
    Outcome {
        sent,
        closed,
        goaway: last_goaway(&received),
    }
}

/// Attacks `url` with one connection after the other, at least one, until what this
/// responds is asked how they went.
///
/// This has a thread of its own, which gets what others leave of the processors: an
/// attacker has machines of his own, and only what he costs the service is of interest.
pub(crate) fn start(url: &str, how: &Arc<Attack>, hold: Duration) -> Attacking {
    let (over, mut until) = watch::channel(());
    let (url, how) = (url.to_owned(), Arc::clone(how));
    let thread = thread::spawn(move || {
        // Of this thread alone, on Linux.
        rustix::process::setpriority_process(None, LAST).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut outcomes = Vec::new();
            loop {
                outcomes.push(attack(&url, &how, hold).await);
                if timeout(REST, until.changed()).await.is_ok() {
                    return outcomes;
                }
            }
        })
    });
    Attacking { over, thread }
}

/// An attacker at work.
pub(crate) struct Attacking {
    over: watch::Sender<()>,
    thread: JoinHandle<Vec<Outcome>>,
}

impl Attacking {
    /// Ends it after the connection that it has, and returns how each went.
    pub(crate) async fn end(self) -> Vec<Outcome> {
        drop(self.over);
        let joined = tokio::task::spawn_blocking(|| self.thread.join());
        joined.await.unwrap().unwrap()
    }
}

fn last_goaway(received: &[u8]) -> Option<(u32, String)> {
    let frames = wire::frames(received);
    let payload = frames.iter().rev().find(|frame| frame.0 == GOAWAY)?.1;
    let code = u32::from_be_bytes(payload.get(4..8)?.try_into().ok()?);
    let reason = String::from_utf8_lossy(payload.get(8..)?).into_owned();
    Some((code, reason))
}
