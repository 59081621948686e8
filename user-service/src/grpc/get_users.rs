//! GetUsers: lookups that wait together are fetched together.

mod lookup_flow;

use futures_util::{Stream, StreamExt, stream};
use tonic::Status;
use user_proto::v1::get_users_response::Result as Outcome;
use user_proto::v1::{GetUsersRequest, GetUsersResponse};

use self::lookup_flow::LookupFlow;
use super::convert;
use crate::domain::{Error, User, Users};
use crate::status;

/// Batches of one call that are fetched at a time.
const CONCURRENT_BATCHES: usize = 4;

/// Responds to `requests` in their order. No more are read than can be sent, so
/// that a caller that doesn't read its responses gets backpressure.
pub(super) fn respond(
    users: Users,
    requests: impl Stream<Item = Result<GetUsersRequest, Status>>,
) -> impl Stream<Item = Result<GetUsersResponse, Status>> {
    let flow = LookupFlow::default();
    flow.clone()
        .batches(requests)
        .map(move |batch| answers(users.clone(), batch))
        .buffered(CONCURRENT_BATCHES)
        .flat_map(stream::iter)
        .inspect(move |_| flow.taken())
}

/// A result for each request of `batch`, until one that can't be read or a failure of the store.
async fn answers(
    users: Users,
    batch: Vec<Result<GetUsersRequest, Status>>,
) -> Vec<Result<GetUsersResponse, Status>> {
    let mut ids = Vec::with_capacity(batch.len());
    let mut end = None;
    for request in batch {
        match request {
            Ok(request) => ids.push(request.user_id),
            Err(error) => end = Some(Err(status::DOMAIN.completed(&error))),
        }
    }
    let found = match users.get_many(&ids).await {
        Ok(found) => found,
        Err(error) => return vec![Err(status::of(error.into()))],
    };
    let answers = ids.into_iter().zip(found).map(|(user_id, found)| {
        Ok(GetUsersResponse {
            user_id,
            result: Some(outcome(found)),
        })
    });
    answers.chain(end).collect()
}

fn outcome(found: Result<User, Error>) -> Outcome {
    match found {
        Ok(user) => Outcome::User(user.into()),
        Err(error) => Outcome::Error(convert::status(&status::of(error))),
    }
}
