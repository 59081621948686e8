//! `fan-out`: create a few users, then read them many times at once.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Report, sample};
use crate::client::UserClient;
use crate::failure::Failure;

/// Users to create.
const USERS: usize = 5;
/// Reads of them.
const GETS: usize = 100;
/// Maximum concurrent calls.
const CONCURRENCY: usize = 16;

/// Runs the workflow.
///
/// # Errors
/// When a call fails.
pub async fn run(client: &UserClient, report: &mut Report<'_>) -> Result<(), Failure> {
    let creates = (0..USERS).map(|_| client.create(sample::new_user()));
    let ids: Vec<i64> = stream::iter(creates)
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    report.done("create", &format!("{} users", ids.len()))?;

    let gets = ids.iter().cycle().take(GETS).map(|id| client.get(*id));
    let users: Vec<_> = stream::iter(gets)
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    report.done(
        "get",
        &format!("{} responses, {CONCURRENCY} concurrent calls", users.len()),
    )
}
