//! CreateUsers: rows are created in batches as they arrive.

use futures_util::{Stream, StreamExt};
use tonic::Status;
use user_proto::v1::{CreateUsersRequest, CreateUsersResponse, create_users_response::Failure};

use super::convert;
use crate::domain::Users;
use crate::status;

/// The most rows of one batch, which is one statement and one transaction.
const BATCH: usize = 1_000;

/// The most rows of one call: the response has to name each of them.
const MAX_ROWS: usize = 100_000;

/// The most of them that may fail: a row of no byte has hundreds of bytes to say why.
const MAX_FAILURES: usize = 10_000;

/// Creates `rows`, and reports those that can't be. A batch is whatever has
/// arrived while the one before was created, so that a slow caller need not wait.
///
/// # Errors
/// When the rows can't be read, when they are too many, or when the database
/// fails. Rows before that are kept.
pub(super) async fn respond(
    users: &Users,
    rows: impl Stream<Item = Result<CreateUsersRequest, Status>>,
) -> Result<CreateUsersResponse, Status> {
    let mut report = Report::default();
    let mut arrived = std::pin::pin!(rows.ready_chunks(BATCH));
    while let Some(mut batch) = arrived.next().await {
        let unreadable = batch.iter().position(Result::is_err);
        let error = unreadable.and_then(|index| batch.drain(index..).next()?.err());
        let batch: Vec<_> = batch.into_iter().flatten().collect();
        report.create(users, batch).await?;
        if let Some(error) = error {
            return Err(status::unreadable_row(report.rows, &error));
        }
    }
    Ok(report.response)
}

/// What came of the rows so far.
#[derive(Default)]
struct Report {
    rows: usize,
    response: CreateUsersResponse,
}

impl Report {
    async fn create(
        &mut self,
        users: &Users,
        mut batch: Vec<CreateUsersRequest>,
    ) -> Result<(), Status> {
        let room = MAX_ROWS - self.rows;
        let too_many = batch.len() > room;
        batch.truncate(room);
        let batch = batch.into_iter().map(Into::into).collect();
        let outcomes = users.create_many(batch).await;
        for outcome in outcomes.map_err(|error| status::of(error.into()))? {
            self.add(outcome.map(|user| user.id.get()).map_err(status::of));
        }
        if self.response.failures.len() > MAX_FAILURES {
            return Err(status::too_many_failures(MAX_FAILURES));
        }
        match too_many {
            true => Err(status::too_many_rows(MAX_ROWS)),
            false => Ok(()),
        }
    }

    fn add(&mut self, outcome: Result<i64, Status>) {
        match outcome {
            Ok(user_id) => {
                self.response.created_count += 1;
                self.response.user_ids.push(user_id);
            }
            Err(status) => self.response.failures.push(Failure {
                index: i64::try_from(self.rows).unwrap_or(i64::MAX),
                status: Some(convert::status(&status)),
            }),
        }
        self.rows += 1;
    }
}
