//! A list, which continues where it was when what it comes from breaks.

use tokio::time::Instant;
use user_proto::v1::{ListUsersRequest, ListUsersResponse, User};

use super::{Responses, UserClient, checks};
use crate::failure::Failure;
use crate::outcome::Outcome;

/// The users of a list, as they come. Dropping them gives the call up.
///
/// A list that breaks after some of its users have come, or is ended by a service that
/// stops, continues after the last of them by another call: as long as each brings more.
#[derive(Debug)]
pub struct Listed {
    client: UserClient,
    deadline: Option<Instant>,
    responses: Responses<ListUsersResponse>,
    /// What has not come yet.
    rest: Remaining,
    /// Whether this call brought any.
    came: bool,
    broken: bool,
}

/// What of a list has not come yet.
#[derive(Clone, Copy, Debug)]
struct Remaining {
    after_user_id: i64,
    /// How many at most; `None` stands for all.
    limit: Option<i32>,
}

impl Remaining {
    /// Takes the next user, unless it can't be that.
    fn take(&mut self, user: User) -> Result<User, Failure> {
        if self.limit == Some(0) {
            return Err(checks::too_many_users());
        }
        let user = checks::next_user(self.after_user_id, user)?;
        self.after_user_id = user.id;
        self.limit = self.limit.map(|limit| limit - 1);
        Ok(user)
    }

    fn request(self) -> ListUsersRequest {
        ListUsersRequest {
            after_user_id: self.after_user_id,
            limit: self.limit.unwrap_or(0),
        }
    }
}

impl UserClient {
    /// Users in the order of their ids, from the first after `after_user_id`; at
    /// most `limit` of them, or all if that is 0.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn list(&self, after_user_id: i64, limit: i32) -> Result<Listed, Failure> {
        let deadline = self.stream_deadline();
        let rest = Remaining {
            after_user_id,
            limit: (limit != 0).then_some(limit),
        };
        Ok(Listed {
            client: self.clone(),
            deadline,
            responses: self.list_once(rest.request(), deadline).await?,
            rest,
            came: false,
            broken: false,
        })
    }
}

impl Listed {
    /// The next user, or nothing at the end. A wait for it may be given up without
    /// losing any.
    ///
    /// # Errors
    /// When the call fails and can't go on; nothing comes after that.
    pub async fn next(&mut self) -> Result<Option<User>, Failure> {
        loop {
            if self.broken {
                let rest = self.rest.request();
                self.responses = self.client.list_once(rest, self.deadline).await?;
                (self.broken, self.came) = (false, false);
            }
            match self.responses.next().await {
                Ok(Some(response)) => {
                    let user = self.rest.take(response.user.unwrap_or_default())?;
                    self.came = true;
                    return Ok(Some(user));
                }
                Ok(None) => return Ok(None),
                Err(failure) if self.came && failure.outcome == Outcome::Unavailable => {
                    if self.rest.limit == Some(0) {
                        return Ok(None);
                    }
                    self.broken = true;
                }
                Err(failure) => return Err(failure),
            }
        }
    }
}
