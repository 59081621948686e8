//! Writes log lines. A thread of its own writes them, so that nothing else ever
//! waits for their reader: lines that do not fit are dropped and counted, and once there is
//! room the log says how many. So are lines beyond what one place in the code may write.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::Metadata;

use super::repeats::Repeats;
use super::{LogFormat, LogTarget, note};

/// Bytes of lines that may wait. The thread has as many in hand at most.
const ROOM_BYTES: usize = 1024 * 1024;
/// What a buffer keeps for the lines of quiet times.
const KEPT_BYTES: usize = 64 * 1024;
/// How soon the log says that lines of a place were left out.
const SUM_UP: Duration = Duration::from_secs(1);
/// How long the thread sleeps when there is nothing to do.
const SLEEP: Duration = Duration::from_secs(3600);
/// How often a target is tried again that another process made non-blocking.
const NEXT_TRY: Duration = Duration::from_millis(10);

/// Lines that wait for their thread, which lives as long as the process.
#[derive(Debug)]
pub(crate) struct LineQueue {
    format: LogFormat,
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
    dropped: AtomicU64,
    repeats: Repeats,
    /// Whether lines were dropped that the log has not reported yet.
    left_out: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    /// Dropped lines that the log has not reported yet.
    untold: u64,
    /// Whether the thread has lines in hand.
    writing: bool,
}

impl LineQueue {
    /// Starts the thread that writes to `target`; its own lines are in `format`.
    ///
    /// # Errors
    /// When the target is closed, or the system has no thread left.
    pub(crate) fn start(target: LogTarget, format: LogFormat) -> io::Result<Arc<Self>> {
        let mut file = target.file()?;
        let queue = Arc::new(Self::new(format));
        let written = Arc::clone(&queue);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || written.write_to(&mut file))?;
        Ok(queue)
    }

    fn new(format: LogFormat) -> Self {
        Self {
            format,
            state: Mutex::default(),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            dropped: AtomicU64::new(0),
            repeats: Repeats::default(),
            left_out: AtomicBool::new(false),
        }
    }

    /// Whether the place `metadata` may write one more line. The log says later how many
    /// could not.
    pub(crate) fn admit(&self, metadata: &'static Metadata<'static>) -> bool {
        if self.repeats.admit(metadata, Instant::now()) {
            return true;
        }
        if !self.left_out.swap(true, Relaxed) {
            // The thread holds the lock unless it sleeps, and so does not miss this.
            drop(self.lock());
            self.filled.notify_one();
        }
        false
    }

    /// Takes whole lines, or drops them. Never waits.
    pub(crate) fn push(&self, lines: &[u8]) {
        let mut state = self.lock();
        if state.lines.len() + lines.len() > ROOM_BYTES {
            let count = count(lines);
            state.untold += count;
            self.dropped.fetch_add(count, Relaxed);
            return;
        }
        let idle = state.lines.is_empty() && !state.writing;
        state.lines.extend_from_slice(lines);
        drop(state);
        if idle {
            self.filled.notify_one();
        }
    }

    /// Lines that were dropped so far, for want of room or because they could not be written.
    #[cfg(any(feature = "metrics", test))]
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Waits until all lines are written, for at most `limit`.
    pub(crate) fn flush(&self, limit: Duration) {
        self.sum_up(Duration::ZERO);
        let unwritten = |state: &mut State| state.writing || !state.lines.is_empty();
        let waited = self
            .emptied
            .wait_timeout_while(self.lock(), limit, unwritten);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn write_to(&self, out: &mut impl Write) {
        let mut lines = Vec::new();
        loop {
            let untold = self.take(&mut lines);
            let lost = count(write(out, &lines));
            self.dropped.fetch_add(lost, Relaxed);
            let untold = self.tell(out, untold + lost);
            lines.clear();
            lines.shrink_to(KEPT_BYTES);
            self.finish(untold);
            self.sum_up(SUM_UP);
        }
    }

    /// Waits for lines and takes them; returns how many were dropped after them.
    fn take(&self, lines: &mut Vec<u8>) -> u64 {
        let mut state = self.lock();
        while state.lines.is_empty() {
            let limit = match self.left_out.load(Relaxed) {
                true => SUM_UP,
                false => SLEEP,
            };
            let waited = self.filled.wait_timeout(state, limit);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            self.sum_up(SUM_UP);
            state = self.lock();
        }
        std::mem::swap(&mut state.lines, lines);
        state.writing = true;
        std::mem::take(&mut state.untold)
    }

    /// Has the log say which lines were left out at least `age` ago.
    fn sum_up(&self, age: Duration) {
        if !self.left_out.swap(false, Relaxed) {
            return;
        }
        let (left_out, more) = self.repeats.take(Instant::now(), age);
        if more {
            self.left_out.store(true, Relaxed);
        }
        for left_out in &left_out {
            self.push(note::left_out(self.format, left_out).as_bytes());
        }
    }

    /// Writes how many lines were dropped; returns how many it could not tell of.
    fn tell(&self, out: &mut impl Write, dropped: u64) -> u64 {
        if dropped == 0 {
            return 0;
        }
        let note = note::dropped(self.format, dropped);
        match write(out, note.as_bytes()) {
            [] => 0,
            _ => dropped,
        }
    }

    fn finish(&self, untold: u64) {
        let mut state = self.lock();
        state.writing = false;
        state.untold += untold;
        if state.lines.is_empty() {
            self.emptied.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what can be written of `bytes`; returns the rest.
fn write<'a>(out: &mut impl Write, mut bytes: &'a [u8]) -> &'a [u8] {
    while !bytes.is_empty() {
        match out.write(bytes) {
            Ok(0) => break,
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(NEXT_TRY),
            Err(_) => break,
        }
    }
    bytes
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests;
