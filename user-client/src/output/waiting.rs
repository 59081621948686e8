//! A wait is announced where a person watches.

use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::time::Duration;

/// A wait that is not longer than this needs no line.
const QUIET: Duration = Duration::from_millis(500);

/// Waits for `future`. If that takes longer than half a second, and standard error is a terminal,
/// the line of `what` says there what it waits for.
pub async fn announced<F: Future>(what: impl FnOnce() -> String, future: F) -> F::Output {
    announced_to(&mut watched(), what, future).await
}

/// Standard error, if it is a terminal.
fn watched() -> Option<io::Stderr> {
    let stderr = io::stderr();
    stderr.is_terminal().then_some(stderr)
}

async fn announced_to<F: Future>(
    watched: &mut Option<impl Write>,
    what: impl FnOnce() -> String,
    future: F,
) -> F::Output {
    let Some(watched) = watched else {
        return future.await;
    };
    let mut future = pin!(future);
    if let Ok(output) = tokio::time::timeout(QUIET, future.as_mut()).await {
        return output;
    }
    // The wait itself matters more than its announcement.
    let _ = writeln!(watched, "{}", what());
    future.await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn said(wait: Duration, watched: bool) -> String {
        let mut to = watched.then(Vec::new);
        let what = || "waiting for it".to_owned();
        announced_to(&mut to, what, tokio::time::sleep(wait)).await;
        String::from_utf8(to.unwrap_or_default()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_long_wait_on_a_terminal_is_announced() {
        let (short, long) = (Duration::from_millis(400), Duration::from_secs(3));
        assert_eq!(said(short, true).await, "");
        assert_eq!(said(long, true).await, "waiting for it\n");
        assert_eq!(said(long, false).await, "");
    }
}
