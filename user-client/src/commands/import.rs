//! `import`: the users of a file.

use std::io::IsTerminal;
use std::path::Path;

use tokio::sync::mpsc;
use tracing::Instrument;

use crate::app::interrupted;
use crate::args::Import;
use crate::client::UserClient;
use crate::failure::{Failure, status};
use crate::import::reader::{self, Batch, Input};
use crate::import::rejects::Rejects;
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::output::progress::Progress;

mod retry;
mod tally;

use tally::Tally;

/// Batches that are read ahead of the call in flight.
const READ_AHEAD: usize = 1;

/// Creates the users of a file, in calls of some thousands of rows in one trace, and prints a
/// summary, also when it is interrupted.
///
/// # Errors
/// If the file can't be read, a call fails finally, or the rejects can't be written.
pub async fn run(
    what: Import,
    client: &UserClient,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let root = tracing::info_span!("import", otel.kind = "internal");
    async {
        let mut tally = Tally::new(what.rejects.clone());
        let result = tokio::select! {
            result = import(what, client, &mut tally, console) => result.map(|()| End::Complete),
            () = interrupted() => Ok(End::Interrupted),
        };
        if let Err(failure) = &result {
            crate::workflows::mark_failed(failure);
        }
        let was_made = tally.has_begun() || result.is_ok();
        match result {
            Ok(End::Interrupted) => tally.report_interrupted(console)?,
            _ if was_made => tally.report(result.is_ok(), console)?,
            _ => {}
        }
        if let Some(trace_id) = grpc_telemetry::current_trace_id().filter(|_| was_made) {
            console.trace(trace_id);
        }
        result.map(|end| match end {
            End::Complete => tally.outcome(),
            End::Interrupted => Outcome::Interrupted,
        })
    }
    .instrument(root)
    .await
}

/// How an import ended that did not fail.
enum End {
    Complete,
    Interrupted,
}

async fn import(
    what: Import,
    client: &UserClient,
    tally: &mut Tally,
    console: &mut Console,
) -> Result<(), Failure> {
    let input = open(&what, console).await?;
    let mut rejects = match &what.rejects {
        Some(path) => Some((path.as_path(), create_rejects(path, &what.file, &input)?)),
        None => None,
    };
    let progress = Progress::start(input.size);
    tally.set_size(input.size);
    let (to, mut batches) = mpsc::channel(READ_AHEAD);
    // It ends with the file or with this function, whichever is first.
    let _reader = tokio::task::spawn_blocking(move || reader::read(input, &to));
    while let Some(batch) = batches.recv().await {
        let batch = batch.map_err(|error| unreadable(&what.file, &error))?;
        send(batch, client, tally, rejects.as_mut(), &progress).await?;
    }
    Ok(())
}

async fn open(what: &Import, console: &mut Console) -> Result<Input, Failure> {
    let file = what.file.clone();
    let (format, delimiter) = (what.format.map(Into::into), what.delimiter);
    if reader::is_stdin(&file) && std::io::stdin().is_terminal() {
        console.note("reading rows from standard input; Ctrl-D ends");
    }
    let opening = tokio::task::spawn_blocking(move || reader::open(&file, format, delimiter));
    let opened = opening.await.unwrap_or_else(|error| Err(error.to_string()));
    opened.map_err(|error| unreadable(&what.file, &error))
}

fn unreadable(file: &Path, error: &str) -> Failure {
    let name = match reader::is_stdin(file) {
        true => "standard input".to_owned(),
        false => file.display().to_string(),
    };
    Failure::new(format!("cannot import {name}: {error}"))
}

fn create_rejects(path: &Path, file: &Path, input: &Input) -> Result<Rejects, Failure> {
    if reader::is_same_file(path, file) {
        return Err(Failure::new(
            "--rejects is the file to import; give another one",
        ));
    }
    Rejects::create(path, input.format, input.delimiter).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let path = path.display();
    Failure::new(format!("cannot write {path}: {error}; correct --rejects"))
}

/// The file of rejects lacks some: the summary shows the first of them, as without a file.
fn incomplete(tally: &mut Tally, path: &Path, error: &std::io::Error) -> Failure {
    tally.leave_rejects_out();
    unwritable(path, error)
}

/// Sends the valid rows of `batch`, and counts all of them.
async fn send(
    batch: Batch,
    client: &UserClient,
    tally: &mut Tally,
    mut rejects: Option<&mut (&Path, Rejects)>,
    progress: &Progress,
) -> Result<(), Failure> {
    let records = batch.records;
    let rows: Vec<_> = records
        .iter()
        .filter_map(|it| it.user.clone().ok())
        .collect();
    let mut refused = Vec::new();
    if !rows.is_empty() {
        let from = records.first().map_or(1, |record| record.line);
        let response = retry::create(&rows, client).await;
        refused = response.map_err(|failure| stopped(failure, from))?.failures;
    }
    let mut refused = refused.into_iter().peekable();
    let mut index = 0;
    for record in records {
        let reason = match record.user {
            Err(reason) => Some(reason),
            Ok(_) => {
                let failure = refused.next_if(|failure| failure.index == index);
                index += 1;
                failure.map(|it| status::reason(&it.status.unwrap_or_default()))
            }
        };
        if let (Some(reason), Some((path, rejects))) = (&reason, rejects.as_deref_mut()) {
            let added = rejects.add(&record.source, record.line, reason);
            added.map_err(|error| incomplete(tally, path, &error))?;
        }
        tally.book(record.line, reason);
    }
    if let Some((path, rejects)) = rejects {
        let flushed = rejects.flush();
        flushed.map_err(|error| incomplete(tally, path, &error))?;
    }
    tally.set_position(batch.position);
    progress.show(batch.position, tally.imported(), tally.rejected());
    Ok(())
}

/// A failed call ends the import: adds the line, and how to continue.
fn stopped(failure: Failure, line: u64) -> Failure {
    let sentence = format!(
        "{}; the import stopped at line {line}: import the file again to continue, no user is created twice",
        failure.sentence
    );
    Failure {
        sentence,
        ..failure
    }
}
