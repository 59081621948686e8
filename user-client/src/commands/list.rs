//! `list`: users in the order of their ids, as they arrive.

use crate::args::Format;
use crate::client::UserClient;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::output::rows::Rows;
use crate::output::table::Row;

/// Shows the users after the id `after`, all or at most `limit`.
///
/// # Errors
/// When the call fails, after the users that came before, or when standard
/// output can't be written to.
pub async fn run(
    after: i64,
    limit: Option<i32>,
    client: &UserClient,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let mut users = client.list(after, limit.unwrap_or(0)).await?;
    let mut rows = Rows::new(console);
    let mut last = None;
    let mut room = limit;
    let end = loop {
        let user = match rows.wait_for(users.next(), console).await? {
            Ok(Some(user)) => user,
            Ok(None) => break Ok(Outcome::Ok),
            Err(failure) => break Err(failure),
        };
        last = Some(user.id);
        room = room.map(|room| room - 1);
        rows.push(Row::User(user), console)?;
    };
    rows.write(console)?;
    if console.format() == Format::Table && end.is_ok() {
        match last {
            None => console.note("no users"),
            Some(last) if room == Some(0) => {
                console.note(&format!("there may be more: go on with --after {last}"));
            }
            Some(_) => {}
        }
    }
    end
}
