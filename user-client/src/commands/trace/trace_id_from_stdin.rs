//! The last trace id in standard input: alone on a line, or as a workflow prints it.

use std::io::{self, BufRead, IsTerminal, Read};

use opentelemetry::TraceId;

use crate::args::trace::{EXPECTED, Which, trace_id};
use crate::failure::Failure;
use crate::output::console::Console;

/// No run prints more than this.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The id of the trace to show.
///
/// # Errors
/// If standard input has none.
pub async fn resolve(which: Which, console: &mut Console) -> Result<TraceId, Failure> {
    if let Which::Id(id) | Which::Page(id, _) = which {
        return Ok(id);
    }
    if io::stdin().is_terminal() {
        console.note("reading a trace id from standard input; Ctrl-D ends");
    }
    // A thread, as a read of a terminal can't be cancelled.
    let read = tokio::task::spawn_blocking(|| last(io::stdin().lock()));
    let found = read
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)));
    match found {
        Ok(Some(id)) => Ok(id),
        Ok(None) => {
            let sentence = format!("standard input has no trace id; {EXPECTED}");
            Err(Failure::usage(sentence))
        }
        Err(error) => Err(Failure::new(format!("cannot read standard input: {error}"))),
    }
}

/// The last id in `input`, which is read to its end: a program that writes to
/// it would fail otherwise.
fn last(input: impl Read) -> io::Result<Option<TraceId>> {
    let mut found = None;
    let mut input = io::BufReader::new(input.take(MAX_BYTES));
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        found = trace_id(text.strip_prefix("trace ").unwrap_or(text)).or(found);
        line.clear();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const LAST: &str = "336b9e73b56ceeeb8033519cbdfdd8a9";

    fn told(input: &str) -> Option<String> {
        last(input.as_bytes()).unwrap().map(|id| id.to_string())
    }

    #[test]
    fn the_last_id_in_the_output_of_workflows_is_used() {
        let said = format!(
            "user-management\n  ✓ create: user 2\ntrace {FIRST}\nfan-out\ntrace {LAST}\nhttp://localhost:16686/trace/{FIRST}\n"
        );
        assert_eq!(told(&said).as_deref(), Some(LAST));
        assert_eq!(told(FIRST).as_deref(), Some(FIRST));
        assert_eq!(told(&format!("  {FIRST}\r\n")).as_deref(), Some(FIRST));
    }

    #[test]
    fn other_text_has_no_id() {
        for text in ["", "trace\n", "trace id\n", "4bf92f\n"] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
