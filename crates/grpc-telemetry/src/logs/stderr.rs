//! Last words: what a program says as it ends, which has no log any more.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long they may take.
const LIMIT: Duration = Duration::from_secs(1);

/// Writes a line to standard error, and waits for its reader for a second at most: a
/// program that cannot start, or has stopped, must end even without a reader.
pub fn write_to_stderr(line: &dyn Display) {
    let line = format!("{line}\n");
    let (done, is_done) = mpsc::channel();
    let write = move || {
        // There is nowhere left to say that it failed.
        let _ = io::stderr().write_all(line.as_bytes());
        let _ = done.send(());
    };
    // Without a thread there is no line, and no wait: `done` is dropped.
    let _ = thread::Builder::new().spawn(write);
    let _ = is_done.recv_timeout(LIMIT);
}
