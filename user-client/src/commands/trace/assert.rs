//! `trace assert`: compares a trace with an expectation file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use trace_view::completeness::{is_complete, missing_spans, traced_calls};
use trace_view::jaeger::Jaeger;
use trace_view::{Expectation, FoundTrace, Line, TraceId, spans};

use crate::args::Format;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::output::waiting::announced;
use crate::trace::picture;
use crate::trace::source::{advice, waiting_for};

/// The maximum size of a file.
const MAX_BYTES: u64 = 1024 * 1024;
/// The maximum lines of a difference.
const MAX_LINES: usize = 200;

/// What `file` expects.
///
/// # Errors
/// When it can't be read, or isn't understood.
pub async fn read(file: &Path) -> Result<Expectation, Failure> {
    let path = PathBuf::from(file);
    let reading = tokio::task::spawn_blocking(move || text(&path));
    let text = reading.await.unwrap_or_else(|it| Err(io::Error::other(it)));
    let parsed = match text {
        Ok(text) => Expectation::parse(&text).map_err(|error| error.to_string()),
        Err(error) => Err(format!("it cannot be read: {error}")),
    };
    parsed.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    match text.len() as u64 > MAX_BYTES {
        true => Err(io::Error::other("it is larger than 1 MiB")),
        false => Ok(text),
    }
}

/// Compares the trace with what `file` expects once it is whole, and shows what
/// differs if that is so for as long as it may take.
///
/// # Errors
/// When the trace differs or isn't there, Jaeger can't be asked, or standard
/// output can't be written to.
pub async fn run(
    id: TraceId,
    file: &Path,
    expected: &Expectation,
    wait: Duration,
    jaeger: &Jaeger,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let as_expected = |received: &[_]| {
        is_complete(received) && expected.compare(&FoundTrace::new(received)).is_empty()
    };
    let waiting = jaeger.wait_for(id, wait, as_expected);
    let received = announced(|| waiting_for(id, jaeger), waiting).await?;
    let found = FoundTrace::new(&received);
    let lines = expected.compare(&found);
    show(id, file, found.len(), &lines, console)?;
    if lines.is_empty() {
        return Ok(Outcome::Ok);
    }
    let spans = spans(&received);
    picture::incomplete(
        &missing_spans(&spans, &traced_calls(&spans)),
        &advice(jaeger),
        console,
    );
    let sentence = format!("the trace is not as {} expects", file.display());
    Err(Failure {
        trace_id: Some(id),
        ..Failure::new(sentence)
    })
}

fn show(
    id: TraceId,
    file: &Path,
    spans: usize,
    lines: &[Line],
    console: &mut Console,
) -> Result<(), Failure> {
    if console.format() == Format::Json {
        let texts: Vec<String> = lines.iter().map(|line| line.render(false)).collect();
        return console.json(&json!({
            "trace_id": id.to_string(),
            "spans": spans,
            "as_expected": lines.is_empty(),
            "difference": texts,
        }));
    }
    if lines.is_empty() {
        let file = file.display();
        return console.line(&format!("trace {id} is as {file} expects: {spans} spans"));
    }
    for line in lines.iter().take(MAX_LINES) {
        console.line(&line.render(console.color()))?;
    }
    match lines.len().saturating_sub(MAX_LINES) {
        0 => Ok(()),
        more => console.line(&format!("… and {more} lines more")),
    }
}
