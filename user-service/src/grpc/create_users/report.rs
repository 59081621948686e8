//! What came of the rows of a call.

use tonic::Status;
use user_proto::v1::{CreateUsersResponse, create_users_response::Failure};

use crate::domain::{Error, User};
use crate::grpc::convert;
use crate::status;

/// The most rows of a call that may fail: a row of no byte has hundreds of bytes to say why.
const MAX_FAILURES: usize = 10_000;

/// What came of the rows so far.
#[derive(Default)]
pub(super) struct Report {
    rows: usize,
    response: CreateUsersResponse,
}

impl Report {
    /// How many rows there are so far.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The response that names all of them.
    pub(super) fn response(self) -> CreateUsersResponse {
        self.response
    }

    /// Adds what came of the next rows.
    ///
    /// # Errors
    /// When too many rows of the call have failed.
    pub(super) fn add(&mut self, outcomes: Vec<Result<User, Error>>) -> Result<(), Status> {
        for outcome in outcomes {
            self.add_row(outcome.map(|user| user.id.get()).map_err(status::of));
        }
        match self.response.failures.len() > MAX_FAILURES {
            true => Err(status::too_many_failures(MAX_FAILURES)),
            false => Ok(()),
        }
    }

    fn add_row(&mut self, outcome: Result<i64, Status>) {
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
