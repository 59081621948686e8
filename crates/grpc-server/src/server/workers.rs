//! The threads that serve connections, one for each core.
//!
//! Each has a runtime of its own with one thread: the calls of a connection stay
//! where it is, wake no other thread, and the responses of all that came together
//! leave in one write. A runtime that shares its tasks among threads flushes
//! after each call instead (docs/performance.md).

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// How many sockets that are ready a thread takes from the system at once. The calls of a few
/// connections run and their responses leave before the next connections are looked at, so that
/// what they work on stays in the caches of the processor.
const READY_SOCKETS: usize = 8;
/// After how many polls of tasks a thread looks for other sockets that are ready: more than the
/// calls of [`READY_SOCKETS`] take, or connections would pile up before those.
const POLLS_BETWEEN_LOOKS: u32 = 256;

/// Threads that serve connections until this is dropped; what runs on them then ends.
#[derive(Debug)]
pub struct Workers {
    runtimes: Vec<Handle>,
    next: AtomicUsize,
    _stop: DropGuard,
}

impl Workers {
    /// Starts a thread for each core that the process may use.
    ///
    /// # Errors
    ///
    /// When the system gives no thread or no event queue.
    pub fn start() -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let stop = CancellationToken::new();
        let guard = stop.clone().drop_guard();
        let runtimes = (0..count).map(|index| start(index, stop.clone()));
        Ok(Self {
            runtimes: runtimes.collect::<io::Result<_>>()?,
            next: AtomicUsize::new(0),
            _stop: guard,
        })
    }

    /// The runtimes of the threads.
    pub fn runtimes(&self) -> &[Handle] {
        &self.runtimes
    }

    /// Lets the thread whose turn it is `serve` the connection `stream`, as one of `connections`.
    ///
    /// # Errors
    ///
    /// When the system can't hand the connection over, which closes it.
    pub(super) fn spawn<F: Future<Output = ()> + Send + 'static>(
        &self,
        connections: &TaskTracker,
        stream: TcpStream,
        serve: impl FnOnce(TcpStream) -> F + Send + 'static,
    ) -> io::Result<()> {
        let stream = stream.into_std()?;
        let turn = self.next.fetch_add(1, Relaxed) % self.runtimes.len();
        let connection = async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => serve(stream).await,
                Err(error) => tracing::warn!(%error, "a connection can't be served"),
            }
        };
        connections.spawn_on(connection, &self.runtimes[turn]);
        Ok(())
    }
}

fn start(index: usize, stop: CancellationToken) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_io_events_per_tick(READY_SOCKETS)
        .event_interval(POLLS_BETWEEN_LOOKS)
        .build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name(format!("connections-{index}"))
        .spawn(move || runtime.block_on(stop.cancelled()))?;
    Ok(handle)
}
