//! CreateUsers: rows are created in batches as they arrive.

mod arrivals;
mod batch;
mod creations;
mod report;

use std::pin::pin;

use futures_util::Stream;
use futures_util::future::{Either, select};
use grpc_server::InFlightPermit;
use tonic::Status;
use user_proto::v1::{CreateUsersRequest, CreateUsersResponse};

use self::arrivals::{Arrivals, End};
use self::batch::Batch;
use self::creations::Creations;
use self::report::Report;
use crate::domain::{CheckedUsers, RepositoryError, Users};
use crate::status;

/// The most rows of one call: the response has to name each of them.
const MAX_ROWS: usize = 100_000;

/// Creates `rows`, and reports those that can't be. A batch is whatever has
/// arrived while the one before was created, so that a slow caller need not
/// wait, nor the database for what is read meanwhile. A batch that is full begins before the
/// one before is done, unless they have rows that can't both be: of these the first one is created.
///
/// # Errors
/// When the rows can't be read, when they are too many, or when the database
/// fails. Rows before that are kept; if the database fails or too many rows are rejected, so may
/// be those of the batch after, which was in flight.
pub(super) async fn respond(
    users: &Users,
    place: Option<InFlightPermit>,
    rows: impl Stream<Item = Result<CreateUsersRequest, Status>>,
) -> Result<CreateUsersResponse, Status> {
    let mut report = Report::default();
    let rows = pin!(rows);
    let mut arrivals = Arrivals::new(rows, MAX_ROWS);
    while let Some(first) = arrivals.batch().await {
        // More is read meanwhile, which is not to wait for the caller alone.
        let _working = match &place {
            Some(place) => Some(place.hold().await),
            None => None,
        };
        create(users, first, &mut arrivals, &mut report).await?;
    }
    match arrivals.end() {
        Some(End::Unreadable(error)) => Err(status::unreadable_row(report.rows(), &error)),
        Some(End::TooMany) => Err(status::too_many_rows(MAX_ROWS)),
        Some(End::Complete) | None => Ok(report.response()),
    }
}

/// Creates `first`, and the batches that become full meanwhile.
async fn create<S: Stream<Item = Result<CreateUsersRequest, Status>>>(
    users: &Users,
    first: CheckedUsers,
    arrivals: &mut Arrivals<'_, S>,
    report: &mut Report,
) -> Result<(), Status> {
    let mut creations = Creations::begin(users, first);
    let mut next: Option<Batch> = None;
    loop {
        if let Some(batch) = next.take_if(|batch| creations.have_room_for(batch)) {
            creations.begin_next(batch).await.map_err(failed)?;
        }
        let created = match &next {
            Some(_) => creations.next().await,
            None => match select(pin!(creations.next()), pin!(arrivals.full_batch())).await {
                Either::Left((created, _)) => created,
                Either::Right((users, _)) => {
                    next = Some(Batch::new(users));
                    continue;
                }
            },
        };
        let Some(outcomes) = created else {
            return Ok(());
        };
        report.add(outcomes.map_err(failed)?)?;
    }
}

fn failed(error: RepositoryError) -> Status {
    status::of(error.into())
}
