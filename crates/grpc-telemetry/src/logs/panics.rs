//! Panics in the log. The standard library writes them to standard error and waits for
//! its reader, and other threads that panic wait behind that.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{PanicHookInfo, set_hook};
use std::thread;

use tracing::Level;

use super::write_to_stderr;

/// The target of their records.
const TARGET: &str = "panic";

/// From here on, panics are records of the log. With `RUST_BACKTRACE=1` they say where from.
pub(crate) fn log_panics() {
    set_hook(Box::new(log));
}

fn log(panic: &PanicHookInfo<'_>) {
    let said = panic.payload_as_str().unwrap_or("a value that is no text");
    let location = panic.location().map(tracing::field::display);
    let thread = thread::current();
    let thread = thread.name();
    let backtrace = Backtrace::capture();
    let backtrace = match backtrace.status() {
        BacktraceStatus::Captured => Some(tracing::field::display(&backtrace)),
        _ => None,
    };
    if !tracing::enabled!(target: TARGET, Level::ERROR) {
        return write_to_stderr(panic);
    }
    tracing::error!(
        target: TARGET,
        panic = said,
        location,
        thread,
        backtrace,
        "a thread panicked"
    );
}
