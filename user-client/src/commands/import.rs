//! `import`: the users of a file.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;
use tracing::Instrument;

use crate::args::Import;
use crate::client::UserClient;
use crate::failure::{Failure, status};
use crate::import::reader::{self, Batch, Input};
use crate::import::rejects::Rejects;
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::output::progress::Progress;

mod attempts;
mod tally;

use tally::Tally;

/// Batches that are read ahead of the call that is under way.
const READ_AHEAD: usize = 1;

/// Creates the users of a file, in calls of some thousands of rows in one trace,
/// and says what came of it.
///
/// # Errors
/// When the file can't be read, a call fails for good, or the rejects can't be written.
pub async fn run(
    what: Import,
    client: &UserClient,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let root = tracing::info_span!("import", otel.kind = "internal");
    async {
        let mut tally = Tally::new(what.rejects.clone());
        let result = import(what, client, &mut tally).await;
        if let Err(failure) = &result {
            crate::workflows::mark_failed(failure);
        }
        if tally.has_begun() || result.is_ok() {
            tally.tell(result.is_ok(), console)?;
            if let Some(trace_id) = grpc_telemetry::current_trace_id() {
                console.trace(trace_id);
            }
        }
        result.map(|()| tally.outcome())
    }
    .instrument(root)
    .await
}

async fn import(what: Import, client: &UserClient, tally: &mut Tally) -> Result<(), Failure> {
    let format = what.format.map(Into::into);
    let input = open(what.file.clone(), format, what.delimiter).await?;
    let mut rejects = match &what.rejects {
        Some(path) => Some(create_rejects(path, &what.file, &input)?),
        None => None,
    };
    let progress = Progress::start(input.size);
    let (to, mut batches) = mpsc::channel(READ_AHEAD);
    // It ends with the file or with this function, whichever is first.
    let _reader = tokio::task::spawn_blocking(move || reader::read(input, &to));
    let mut result = Ok(());
    while let Some(batch) = batches.recv().await {
        result = match batch {
            Ok(batch) => send(batch, client, tally, &mut rejects, &progress).await,
            Err(error) => Err(unreadable(&what.file, &error)),
        };
        if result.is_err() {
            break;
        }
    }
    progress.finish();
    result
}

async fn open(
    file: PathBuf,
    format: Option<crate::import::Format>,
    delimiter: Option<u8>,
) -> Result<Input, Failure> {
    let name = file.clone();
    let opening = tokio::task::spawn_blocking(move || reader::open(&file, format, delimiter));
    let opened = opening.await.unwrap_or_else(|error| Err(error.to_string()));
    opened.map_err(|error| unreadable(&name, &error))
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
            "--rejects names the file that is imported; name another",
        ));
    }
    Rejects::create(path, input.format, input.delimiter).map_err(|error| unwritable(&error))
}

fn unwritable(error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot write the file of --rejects: {error}"))
}

/// Sends the rows of `batch` that are fit to be sent, and books what comes of all.
async fn send(
    batch: Batch,
    client: &UserClient,
    tally: &mut Tally,
    rejects: &mut Option<Rejects>,
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
        let response = attempts::create(&rows, client).await;
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
        if let (Some(reason), Some(rejects)) = (&reason, rejects.as_mut()) {
            let added = rejects.add(&record.source, record.line, reason);
            added.map_err(|error| unwritable(&error))?;
        }
        tally.book(record.line, reason);
    }
    if let Some(rejects) = rejects {
        rejects.flush().map_err(|error| unwritable(&error))?;
    }
    progress.show(batch.position, tally.rows(), tally.rejected());
    Ok(())
}

/// The import ends with a failed call: says where, and how to go on.
fn stopped(failure: Failure, line: u64) -> Failure {
    let sentence = format!(
        "{}; the import stopped at line {line}: import the file again to go on, no user is created twice",
        failure.sentence
    );
    Failure {
        sentence,
        ..failure
    }
}
