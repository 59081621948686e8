//! How log lines reach their target.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use super::line_queue::LineQueue;
use super::{LogFormat, LogTarget};

/// How long the last lines may take at the end of the program.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

/// Writes log lines. Clones write to the same target.
#[derive(Clone, Debug)]
pub(crate) enum LogWriter {
    /// At once, by the thread that logs, which waits for the reader.
    Direct(LogTarget),
    /// By a thread of its own: nothing waits.
    Queued(Arc<LineQueue>),
}

impl LogWriter {
    /// Starts a thread that writes to `target`.
    ///
    /// # Errors
    /// As [`LineQueue::start`].
    pub(crate) fn queued(target: LogTarget, format: LogFormat) -> io::Result<Self> {
        Ok(Self::Queued(LineQueue::start(target, format)?))
    }

    /// Writes whole lines.
    ///
    /// # Errors
    /// When they could not be written, where that is known.
    pub(crate) fn write(&self, lines: &[u8]) -> io::Result<()> {
        self.make_writer().write_all(lines)
    }

    /// Waits until all lines are written, for a second at most.
    pub(crate) fn flush(&self) {
        if let Self::Queued(queue) = self {
            queue.flush(FLUSH_LIMIT);
        }
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Box<dyn io::Write + 'a>;

    fn make_writer(&'a self) -> Self::Writer {
        match self {
            Self::Direct(LogTarget::Stdout) => Box::new(io::stdout()),
            Self::Direct(LogTarget::Stderr) => Box::new(io::stderr()),
            Self::Queued(queue) => Box::new(Lines(queue)),
        }
    }
}

/// Takes lines for a queue: each write is a record, as a whole.
struct Lines<'a>(&'a LineQueue);

impl io::Write for Lines<'_> {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.0.push(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
