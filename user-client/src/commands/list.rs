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
    // One more than is shown says whether there are more.
    let requested = limit.map_or(0, |limit| limit.saturating_add(1));
    let mut users = client.list(after, requested).await?;
    let mut rows = Rows::new(console);
    let mut last = None;
    let mut room = limit;
    let mut more = false;
    let end = loop {
        let user = match rows.wait_for(users.next(), console).await? {
            Ok(Some(user)) => user,
            Ok(None) => break Ok(Outcome::Ok),
            Err(failure) => break Err(failure),
        };
        // Read to the end: its status counts, and a further user would be wrong.
        if room == Some(0) {
            more = true;
            continue;
        }
        last = Some(user.id);
        room = room.map(|room| room - 1);
        rows.push(Row::User(user), console)?;
    };
    rows.write(console)?;
    if console.format() == Format::Table && end.is_ok() {
        match last {
            None => console.note("no users"),
            Some(last) if more => {
                console.note(&format!("more users follow: list --after {last}"));
            }
            Some(_) => {}
        }
    }
    end
}
