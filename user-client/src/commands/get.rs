//! `get`: users by their ids.

use futures_util::{StreamExt, stream};

use crate::args::Format;
use crate::client::UserClient;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::output::table::{Row, Table, json};

/// Maximum concurrent calls.
const CONCURRENCY: usize = 8;

/// Shows the users with these ids in the order of the ids; says of each other
/// why it isn't shown. The outcome is the worst of all.
///
/// # Errors
/// When standard output can't be written to.
pub async fn run(
    ids: &[i64],
    client: &UserClient,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Ok;
    let mut found = Vec::new();
    let mut responses = stream::iter(ids.iter().map(|id| client.get(*id))).buffered(CONCURRENCY);
    while let Some(response) = responses.next().await {
        match (response, console.format()) {
            (Ok(user), Format::Json) => console.json(&json(&user))?,
            (Ok(user), Format::Table) => found.push(Row::User(user)),
            (Err(failure), _) => {
                outcome = outcome.max(failure.outcome);
                console.failure(&failure);
            }
        }
    }
    for line in Table::new(console.style(), console.table_width()).lines(&found) {
        console.line(&line)?;
    }
    Ok(outcome)
}
