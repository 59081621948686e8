//! CreateUsers: rows are created in batches as they arrive.

use std::pin::{Pin, pin};

use futures_util::future::{Either, select};
use futures_util::{FutureExt, Stream, StreamExt};
use grpc_server::InFlightPermit;
use prost::Message;
use tonic::Status;
use user_proto::v1::{CreateUsersRequest, CreateUsersResponse, create_users_response::Failure};

use super::convert;
use crate::domain::Users;
use crate::status;

/// The most rows of one batch, which is one statement and one transaction.
const BATCH: usize = 1_000;

/// The bytes of rows after which a batch waits for no more: rows that are too large to be
/// created are read all the same, and cost next to nothing to send where they are compressed.
const BATCH_BYTES: usize = 256 * 1024;

/// The most rows of one call: the response has to name each of them.
const MAX_ROWS: usize = 100_000;

/// The most of them that may fail: a row of no byte has hundreds of bytes to say why.
const MAX_FAILURES: usize = 10_000;

/// Creates `rows`, and reports those that can't be. A batch is whatever has
/// arrived while the one before was created, so that a slow caller need not
/// wait, nor the database for what is read meanwhile. No batch begins before the
/// one before is done: of two rows that can't both be, the first one is created.
///
/// # Errors
/// When the rows can't be read, when they are too many, or when the database
/// fails. Rows before that are kept.
pub(super) async fn respond(
    users: &Users,
    place: Option<InFlightPermit>,
    rows: impl Stream<Item = Result<CreateUsersRequest, Status>>,
) -> Result<CreateUsersResponse, Status> {
    let mut report = Report::default();
    let rows = pin!(rows);
    let mut arrivals = Arrivals::new(rows);
    while let Some(batch) = arrivals.batch().await {
        // More is read meanwhile, which is not to wait for the caller alone.
        let _working = match &place {
            Some(place) => Some(place.hold().await),
            None => None,
        };
        let creation = pin!(report.create(users, batch));
        match select(creation, pin!(arrivals.read())).await {
            Either::Left((created, _)) => created?,
            Either::Right(((), creation)) => creation.await?,
        }
    }
    match arrivals.error {
        Some(error) => Err(status::unreadable_row(report.rows, &error)),
        None => Ok(report.response),
    }
}

/// Rows that have arrived and are not created yet, a batch at most.
struct Arrivals<'a, S> {
    rows: Pin<&'a mut S>,
    waiting: Vec<CreateUsersRequest>,
    waiting_bytes: usize,
    over: bool,
    error: Option<Status>,
}

impl<'a, S: Stream<Item = Result<CreateUsersRequest, Status>>> Arrivals<'a, S> {
    fn new(rows: Pin<&'a mut S>) -> Self {
        Self {
            rows,
            waiting: Vec::new(),
            waiting_bytes: 0,
            over: false,
            error: None,
        }
    }

    /// Waits for a row, then returns all rows that have arrived; `None` at the end.
    async fn batch(&mut self) -> Option<Vec<CreateUsersRequest>> {
        if self.waiting.is_empty() {
            self.read_one().await;
        }
        let _ = self.read().now_or_never();
        let batch = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        (!batch.is_empty()).then_some(batch)
    }

    /// Reads rows as they come, until they are a batch or over. Dropped before
    /// that, it has lost none.
    async fn read(&mut self) {
        while !self.over && !self.is_full() {
            self.read_one().await;
        }
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= BATCH || self.waiting_bytes >= BATCH_BYTES
    }

    async fn read_one(&mut self) {
        if self.over {
            return;
        }
        match self.rows.next().await {
            Some(Ok(row)) => {
                self.waiting_bytes += row.encoded_len();
                self.waiting.push(row);
            }
            end => {
                self.over = true;
                self.error = end.and_then(Result::err);
            }
        }
    }
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use futures_util::stream;

    use super::*;

    fn rows(
        count: usize,
        name_bytes: usize,
    ) -> impl Stream<Item = Result<CreateUsersRequest, Status>> {
        let row = CreateUsersRequest {
            name: "A".repeat(name_bytes),
            ..CreateUsersRequest::default()
        };
        stream::iter(vec![Ok(row); count])
    }

    #[tokio::test]
    async fn a_batch_is_bounded_by_its_rows_and_by_their_bytes() {
        for (name_bytes, most) in [(1, BATCH), (100_000, 3), (1_000_000, 1)] {
            let rows = pin!(rows(BATCH + 1, name_bytes));
            let mut arrivals = Arrivals::new(rows);
            for _ in 0..2 {
                let batch = arrivals.batch().await.unwrap();
                assert!(batch.len() <= most, "{} of {name_bytes} bytes", batch.len());
            }
        }
    }
}
