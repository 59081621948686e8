//! `lookup`: users by ids that may still be typed or piped.

use std::io::{BufRead, BufReader, IsTerminal};
use std::pin::pin;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use user_proto::v1::get_users_response::Result as Lookup;
use user_proto::v1::{GetUsersRequest, GetUsersResponse};

use crate::args;
use crate::client::{Responses, UserClient, checks};
use crate::failure::Failure;
use crate::import::lines::{self, Line};
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::output::rows::Rows;
use crate::output::table::Row;

/// Maximum ids in flight. Further ones are read once responses arrive.
const IN_FLIGHT: usize = 512;
/// No id is nearly this long.
const LONGEST_LINE: usize = 100;

/// A line that was read: an id that was requested, or what is wrong with it.
type Read = Result<i64, Failure>;

/// Shows the users with these ids, or with those in standard input if there are
/// none or a lone `-`; in their order, each as soon as its response arrives.
///
/// # Errors
/// When the call fails, or when standard output can't be written to.
pub async fn run(
    ids: Vec<String>,
    client: &UserClient,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let reads_stdin = matches!(ids.as_slice(), [] | [_]) && ids.iter().all(|id| id == "-");
    if reads_stdin && std::io::stdin().is_terminal() {
        console.note("reading ids from standard input, one a line; Ctrl-D ends");
    }
    let (ask, requests) = mpsc::channel(IN_FLIGHT);
    let (tell, mut read) = mpsc::channel(IN_FLIGHT);
    let to = Reader { ask, tell };
    // It ends with its input or with this function, whichever is first.
    let _reader = tokio::task::spawn_blocking(move || match reads_stdin {
        true => to.read_lines(BufReader::new(std::io::stdin())),
        false => to.read_arguments(&ids),
    });
    let responses = client.get_many(ReceiverStream::new(requests)).await?;
    let mut call = OrderedResponses {
        responses,
        early: None,
        over: false,
    };
    let mut rows = Rows::new(console);
    let mut outcome = Outcome::Ok;
    let end = loop {
        let read = match rows.wait_for(call.watch(read.recv()), console).await? {
            Ok(Some(read)) => read,
            Ok(None) => break Ok(()),
            Err(failure) => break Err(failure),
        };
        let user_id = match read {
            Ok(user_id) => user_id,
            Err(failure) => {
                rows.write(console)?;
                outcome = outcome.max(failure.outcome);
                console.failure(&failure);
                continue;
            }
        };
        let response = rows.wait_for(call.response(), console).await?;
        let row = match response.and_then(|response| row(user_id, response, &call.responses)) {
            Ok(row) => row,
            Err(failure) => break Err(failure),
        };
        if let Row::Missing(_, failure) = &row {
            outcome = outcome.max(failure.outcome);
        }
        rows.push(row, console)?;
    };
    rows.write(console)?;
    end?;
    call.end().await?;
    Ok(outcome)
}

/// The responses, one for each id that was read.
struct OrderedResponses {
    responses: Responses<GetUsersResponse>,
    /// A response that arrived before its id was received here.
    early: Option<GetUsersResponse>,
    over: bool,
}

impl OrderedResponses {
    /// Waits for `read`, but no longer than the call lasts.
    async fn watch<T>(&mut self, read: impl Future<Output = T>) -> Result<T, Failure> {
        let mut read = pin!(read);
        loop {
            tokio::select! {
                biased;
                read = &mut read => return Ok(read),
                response = self.responses.next(), if self.early.is_none() && !self.over => {
                    self.early = response?;
                    self.over = self.early.is_none();
                }
            }
        }
    }

    async fn response(&mut self) -> Result<GetUsersResponse, Failure> {
        if let Some(early) = self.early.take() {
            return Ok(early);
        }
        let response = match self.over {
            true => None,
            false => self.responses.next().await?,
        };
        response
            .ok_or_else(|| Failure::new("user-service ended the stream before its last response"))
    }

    /// The call is done when it has said how it ended.
    async fn end(&mut self) -> Result<(), Failure> {
        if self.early.is_some() || !self.over && self.responses.next().await?.is_some() {
            return Err(checks::too_many_users());
        }
        Ok(())
    }
}

/// The row of the user that was asked for.
fn row(
    user_id: i64,
    response: GetUsersResponse,
    responses: &Responses<GetUsersResponse>,
) -> Result<Row, Failure> {
    checks::same_id(user_id, response.user_id)?;
    Ok(match response.result {
        Some(Lookup::User(user)) => Row::User(checks::user_with_id(user_id, user)?),
        Some(Lookup::Error(status)) => Row::Missing(user_id, responses.failure_of(&status)),
        None => Row::Missing(
            user_id,
            Failure::new("user-service returned neither a user nor an error"),
        ),
    })
}

/// Passes ids on to the service, and to the loop that reads its responses.
struct Reader {
    ask: mpsc::Sender<GetUsersRequest>,
    tell: mpsc::Sender<Read>,
}

/// The receiver is gone.
struct ReceiverDropped;

impl Reader {
    fn read_arguments(&self, ids: &[String]) {
        for (index, id) in ids.iter().enumerate() {
            let place = format!("argument {}", index + 1);
            if self.pass_on(&place, id).is_err() {
                return;
            }
        }
    }

    fn read_lines(&self, mut input: impl BufRead) {
        for number in 1_u64.. {
            let place = format!("line {number}");
            let passed = match lines::next(&mut input, LONGEST_LINE) {
                Ok(Some(Line::Whole(line) | Line::TooLong(line))) => {
                    self.pass_on(&place, &String::from_utf8_lossy(&line))
                }
                Ok(None) => return,
                Err(error) => {
                    let sentence = format!("cannot read standard input: {error}");
                    let _ = self.tell.blocking_send(Err(Failure::new(sentence)));
                    return;
                }
            };
            if passed.is_err() {
                return;
            }
        }
    }

    fn pass_on(&self, place: &str, text: &str) -> Result<(), ReceiverDropped> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let read = match text.parse() {
            Ok(user_id) => {
                let asked = self.ask.blocking_send(GetUsersRequest { user_id });
                asked.map_err(|_| ReceiverDropped)?;
                Ok(user_id)
            }
            Err(_) => Err(not_an_id(place, text)),
        };
        self.tell.blocking_send(read).map_err(|_| ReceiverDropped)
    }
}

fn not_an_id(place: &str, text: &str) -> Failure {
    let sentence = args::not_an_id(text);
    Failure {
        outcome: Outcome::InvalidArgument,
        ..Failure::new(format!("{place}: {sentence}"))
    }
}

#[cfg(test)]
mod tests;
