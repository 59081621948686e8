//! What has arrived of the rows of a call.

use std::future::pending;
use std::pin::Pin;

use futures_util::{FutureExt, Stream, StreamExt};
use prost::Message;
use tonic::Status;
use user_proto::v1::CreateUsersRequest;

use crate::domain::CheckedUsers;

/// The most rows of one batch, which is one statement and one transaction.
const BATCH: usize = 1_000;

/// The bytes of rows after which a batch waits for no more: rows that are too large to be
/// created are read all the same, and cost next to nothing to send where they are compressed.
const BATCH_BYTES: usize = 256 * 1024;

/// Rows that have arrived and are not created yet, a batch at most.
pub(super) struct Arrivals<'a, S> {
    rows: Pin<&'a mut S>,
    waiting: Vec<CreateUsersRequest>,
    waiting_bytes: usize,
    /// How many more rows may come.
    room: usize,
    end: Option<End>,
}

/// Why no more rows are read.
pub(super) enum End {
    /// There are no more.
    Complete,
    /// There are more than a call may have.
    TooMany,
    /// The next one can't be read.
    Unreadable(Status),
}

impl<'a, S: Stream<Item = Result<CreateUsersRequest, Status>>> Arrivals<'a, S> {
    /// The first `room` of `rows`.
    pub(super) fn new(rows: Pin<&'a mut S>, room: usize) -> Self {
        Self {
            rows,
            waiting: Vec::new(),
            waiting_bytes: 0,
            room,
            end: None,
        }
    }

    /// Waits for a row, then returns all rows that have arrived; `None` at the end.
    pub(super) async fn batch(&mut self) -> Option<CheckedUsers> {
        if self.waiting.is_empty() {
            self.read_one().await;
        }
        let _ = self.read().now_or_never();
        (!self.waiting.is_empty()).then(|| self.take())
    }

    /// A batch that is as large as one may be, or the last one; waits indefinitely if there is none.
    /// Dropped before that, it has lost no row.
    pub(super) async fn full_batch(&mut self) -> CheckedUsers {
        self.read().await;
        if self.waiting.is_empty() {
            return pending().await;
        }
        self.take()
    }

    /// Why there are no more rows, if there are none.
    pub(super) fn end(self) -> Option<End> {
        self.end
    }

    fn take(&mut self) -> CheckedUsers {
        self.waiting_bytes = 0;
        let rows = std::mem::take(&mut self.waiting);
        CheckedUsers::new(rows.into_iter().map(Into::into).collect())
    }

    /// Reads rows as they come, until they are a batch or over. Dropped before
    /// that, it has lost none.
    async fn read(&mut self) {
        while self.end.is_none() && !self.is_full() {
            self.read_one().await;
        }
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= BATCH || self.waiting_bytes >= BATCH_BYTES
    }

    async fn read_one(&mut self) {
        if self.end.is_some() {
            return;
        }
        match self.rows.next().await {
            Some(Ok(_)) if self.room == 0 => self.end = Some(End::TooMany),
            Some(Ok(row)) => {
                self.room -= 1;
                self.waiting_bytes += row.encoded_len();
                self.waiting.push(row);
            }
            Some(Err(error)) => self.end = Some(End::Unreadable(error)),
            None => self.end = Some(End::Complete),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::pin::pin;

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

    async fn next_count(
        arrivals: &mut Arrivals<'_, impl Stream<Item = Result<CreateUsersRequest, Status>>>,
    ) -> usize {
        let _ = arrivals.read().now_or_never();
        let count = arrivals.waiting.len();
        arrivals.batch().await.unwrap();
        count
    }

    #[tokio::test]
    async fn a_batch_is_bounded_by_its_rows_and_by_their_bytes() {
        for (name_bytes, most) in [(1, BATCH), (100_000, 3), (1_000_000, 1)] {
            let rows = pin!(rows(BATCH + 1, name_bytes));
            let mut arrivals = Arrivals::new(rows, usize::MAX);
            for _ in 0..2 {
                let count = next_count(&mut arrivals).await;
                assert!(count <= most, "{count} of {name_bytes} bytes");
            }
        }
    }

    #[tokio::test]
    async fn rows_beyond_the_limit_of_a_call_are_not_taken() {
        let rows = pin!(rows(4, 1));
        let mut arrivals = Arrivals::new(rows, 3);

        assert_eq!(next_count(&mut arrivals).await, 3);
        assert!(arrivals.batch().await.is_none());
        assert!(matches!(arrivals.end(), Some(End::TooMany)));
    }

    #[tokio::test]
    async fn what_has_arrived_is_no_full_batch_before_the_end() {
        let some = pin!(rows(3, 1).chain(stream::pending()));
        let mut arrivals = Arrivals::new(some, usize::MAX);

        assert!(arrivals.full_batch().now_or_never().is_none());
        assert_eq!(next_count(&mut arrivals).await, 3);

        let all = pin!(rows(3, 1));
        let mut arrivals = Arrivals::new(all, usize::MAX);
        assert!(arrivals.full_batch().now_or_never().is_some());
        assert!(arrivals.full_batch().now_or_never().is_none());
    }
}
